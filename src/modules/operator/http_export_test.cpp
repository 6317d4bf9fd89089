// What operators take away as files, and what they try before they import.
#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "modules/catalogue/document.h"
#include "modules/operator/reservations_csv.h"
#include "support/console.h"

namespace stagedoor::operators {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const std::string kOwner(test::kOwnerKey);

std::string whole(EventStream& file) {
  std::string text;
  std::shared_ptr<const std::string> unused;
  while (file.next(text, unused)) {
  }
  EXPECT_FALSE(unused) << "a file is not shared";
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0, end = 0; (end = text.find("\r\n", begin)) != text.npos; begin = end + 2)
    lines.push_back(text.substr(begin, end - begin));
  return lines;
}

TEST(CsvField, is_quoted_where_it_has_to_be) {
  EXPECT_EQ(csv_field("Winter Club Night"), "Winter Club Night");
  EXPECT_EQ(csv_field(R"(The "Box", left)"), R"("The ""Box"", left")");
  EXPECT_EQ(csv_field("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(csv_field(""), "");
}

// A name that a spreadsheet would run when somebody opens the file.
TEST(CsvField, is_never_the_begin_of_a_formula) {
  EXPECT_EQ(csv_field("=HYPERLINK(\"http://x\")"), "\"'=HYPERLINK(\"\"http://x\"\")\"");
  for (const char* begin : {"=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"})
    EXPECT_EQ(csv_field(std::string(begin) + "1"), "\"'" + std::string(begin) + "1\"");
  EXPECT_EQ(csv_field("Drama - Act 1"), "Drama - Act 1");
}

class Csv : public Console {
 protected:
  static constexpr const char* kPath = "/admin/export/reservations.csv";

  std::shared_ptr<ReservationsCsv> file(const CsvFilter& filter = {}) {
    return std::make_shared<ReservationsCsv>(deps, filter, nullptr);
  }
};

TEST_F(Csv, has_a_line_for_each_reservation) {
  const test::Visitor fan = world.enter(1);
  const std::int64_t held = hold(fan, 1);
  const std::int64_t sold = hold(fan, 2);
  world.call(test::charge(fan, 200'000));
  const std::int64_t payment = test::number(world.call(test::pay(fan, sold)).data(), "paymentId");
  const Answer answer = ask(kPath, {.secret = "operator-secret"});
  ASSERT_TRUE(answer.stream) << answer.body;
  EXPECT_THAT(answer.headers, AllOf(HasSubstr("Content-Type: text/csv; charset=utf-8\r\n"),
                                    HasSubstr("attachment; filename=\"reservations.csv\"")));
  const std::string now = "2030-01-01T00:00:00.000Z";
  EXPECT_THAT(
      lines_of(whole(*answer.stream)),
      ElementsAre(
          "\xEF\xBB\xBFid,status,event_id,event,date_id,starts_at,seat_id,section,row,seat,user_id,price,"
          "created_at,updated_at,expires_at,paid_at,payment_id",
          fmt::format(
              "{0},RESERVED,1,Winter Club Night,1,2096-02-01T10:00:00.000Z,{1},,,1,{2},110000,{3},{3},"
              "2030-01-01T00:05:00.000Z,,",
              held, seat(1), fan.user, now),
          fmt::format("{0},PAID,1,Winter Club Night,1,2096-02-01T10:00:00.000Z,{1},,,2,{2},110000,{3},{3},"
                      "2030-01-01T00:05:00.000Z,{3},{4}",
                      sold, seat(2), fan.user, now, payment)));
}

// R-Q17: who took the ids of all users away.
TEST_F(Csv, is_logged_before_it_begins) {
  ask(std::string(kPath) + "?event=1", {.secret = "operator-secret"});
  const LogRow& line = store.tables().log.rbegin()->second;
  EXPECT_EQ(line.action, "reservations.export");
  EXPECT_EQ(line.operator_name, "otto");
  EXPECT_EQ(line.event, EventId{1});
  EXPECT_EQ(line.detail, R"({"event":1})");
}

TEST_F(Csv, has_those_of_one_event_or_date) {
  world.import(
      R"({"events":[{"id":2,"name":"Other","on_sale":{"from":"2020-01-01T00:00:00Z","until":"2096-01-01T00:00:00Z"},
    "queue":{"admission":"capacity","capacity":10,"poll_min":"0s"},
    "dates":[{"id":2,"starts_at":"2096-03-01T00:00:00Z","layout":"club","prices":{"Standard":1}}]}]})");
  hold(world.enter(1), 1);
  const test::Visitor other = world.enter(1, 2);
  const std::int64_t first = world.read_model().catalogue()->date({2})->first_seat.value;
  ASSERT_EQ(world.call(test::hold(other, first)).status, 201);
  EXPECT_THAT(lines_of(whole(*file())), SizeIs(3));
  EXPECT_THAT(lines_of(whole(*file({.event = EventId{2}}))),
              ElementsAre(HasSubstr("id,"), HasSubstr(",Other,")));
  EXPECT_THAT(lines_of(whole(*file({.date = DateId{1}}))),
              ElementsAre(HasSubstr("id,"), Not(HasSubstr("Other"))));
  EXPECT_EQ(ask(std::string(kPath) + "?event=9", {.secret = kOwner}).refusal, Code::EVENT_NOT_FOUND);
  EXPECT_EQ(ask(std::string(kPath) + "?date=9", {.secret = kOwner}).refusal, Code::EVENT_DATE_NOT_FOUND);
  EXPECT_EQ(ask(std::string(kPath) + "?date=x", {.secret = kOwner}).refusal, Code::INVALID_REQUEST);
}

TEST_F(Csv, ends_with_what_was_there_when_it_began) {
  const test::Visitor fan = world.enter(1);
  hold(fan, 1);
  const auto begun = file();
  clock.advance(Millis(1));
  hold(fan, 2);
  EXPECT_THAT(lines_of(whole(*begun)), SizeIs(2));
  EXPECT_THAT(lines_of(whole(*file())), SizeIs(3));
}

// However many reservations there are, and however slowly the client reads.
TEST_F(Csv, is_made_piece_by_piece_as_it_is_read) {
  const test::Visitor fan = world.enter(1);
  for (int i = 0; i < 1001; ++i) ASSERT_EQ(world.call(test::cancel(fan, hold(fan, 1))).status, 200);
  std::vector<absl::AnyInvocable<void()>> jobs;
  deps.run_aside = [&](absl::AnyInvocable<void()> job) { jobs.push_back(std::move(job)); };
  const auto slow = file();
  std::string text;
  std::shared_ptr<const std::string> unused;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(slow->next(text, unused));
  EXPECT_THAT(lines_of(text), SizeIs(1)) << "the head";
  ASSERT_EQ(jobs.size(), 1U);
  jobs[0]();
  EXPECT_EQ(jobs.size(), 1U) << "nobody has read on";
  EXPECT_TRUE(slow->next(text, unused));
  EXPECT_THAT(lines_of(text), SizeIs(1001));
  ASSERT_EQ(jobs.size(), 2U);
  jobs[1]();
  EXPECT_FALSE(slow->next(text, unused));
  EXPECT_THAT(lines_of(text), SizeIs(1002));
}

// A proxy gives up on a server that sends nothing while it reads the rows of other events.
TEST_F(Csv, reads_on_while_there_is_nothing_to_send) {
  const test::Visitor fan = world.enter(1);
  for (int i = 0; i < 1001; ++i) ASSERT_EQ(world.call(test::cancel(fan, hold(fan, 1))).status, 200);
  std::vector<absl::AnyInvocable<void()>> jobs;
  deps.run_aside = [&](absl::AnyInvocable<void()> job) { jobs.push_back(std::move(job)); };
  const auto none = file({.event = EventId{1}, .date = DateId{2}});
  std::string text;
  std::shared_ptr<const std::string> unused;
  EXPECT_TRUE(none->next(text, unused));
  jobs.at(0)();
  EXPECT_FALSE(none->next(text, unused));
  EXPECT_THAT(lines_of(text), SizeIs(1));
}

// R-O1: a key that was disabled reads nothing from then on.
TEST_F(Csv, breaks_off_when_keys_are_changed) {
  const auto begun = file();
  keys.replace({"olga:owner:" + std::string(test::kOwnerKey)});
  std::string text;
  std::shared_ptr<const std::string> unused;
  EXPECT_THROW(begun->next(text, unused), std::runtime_error);
}

TEST_F(Csv, that_cannot_be_read_breaks_off) {
  deps.open_queries = []() -> std::unique_ptr<Queries> { throw std::runtime_error("planted"); };
  const auto broken = file();
  std::string text;
  std::shared_ptr<const std::string> unused;
  EXPECT_TRUE(broken->next(text, unused));
  EXPECT_THROW(broken->next(text, unused), std::runtime_error);
}

// The one bad client: exports by the hundred.
TEST_F(Csv, is_one_at_a_time_and_now_and_then) {
  EXPECT_EQ(ask(kPath).refusal, Code::FORBIDDEN) << "a viewer takes no ids of users away";
  {
    const Answer open = ask(kPath, {.secret = "operator-secret"});
    ASSERT_TRUE(open.stream);
    EXPECT_EQ(ask(kPath, {.secret = "operator-secret"}).refusal, Code::RATE_LIMITED);
  }
  const Answer again = ask(kPath, {.secret = "operator-secret"});
  EXPECT_EQ(again.refusal, Code::RATE_LIMITED) << "not within ten seconds";
  EXPECT_THAT(again.headers, HasSubstr("Retry-After: "));
  EXPECT_TRUE(ask(kPath, {.secret = kOwner}).stream);
  EXPECT_THAT(store.tables().log, SizeIs(3)) << "the catalogue, and two exports";
}

class CatalogueFile : public Console {
 protected:
  std::string exported() {
    const Answer answer = ask("/admin/export/catalogue.json");
    EXPECT_FALSE(answer.refusal) << answer.body;
    return answer.body;
  }
  boost::json::value import(const std::string& file, std::string_view query = "") {
    const Answer answer = ask("/admin/import" + std::string(query),
                              {.secret = kOwner, .method = http::Method::POST, .body = file});
    EXPECT_FALSE(answer.refusal) << answer.body;
    return answer.refusal ? boost::json::value() : data_of(answer);
  }
  void expect_nothing(const boost::json::value& summary) {
    for (const char* list : {"added", "changed", "kept"})
      EXPECT_THAT(summary.at(list).as_array(), IsEmpty()) << summary.at(list);
  }
  void change(std::string_view method, std::string_view target, std::string_view body) {
    const auto reply = world.call(test::admin(method, target, body));
    ASSERT_EQ(reply.status / 100, 2) << reply.body;
  }
};

// R-K4
TEST_F(CatalogueFile, imported_again_changes_nothing) {
  world.import(R"(
layouts:
  hall: {sections: [{name: A, rows: 2, seats_per_row: 5, category: VIP, at: [0, 4.5], curve: 20}, {name: B, rows: 3, seats_per_row: 10, category: Regular, at: [0, 9], angle: -30}]}
events:
  - name: "Quoted: \"yes\" #1"
    on_sale: {from: 2095-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}
    queue: {order: draw, gather_from: 2094-12-31T23:00:00Z, beacon: drand, return_share: 0.05}
    policy: {refund_until: 2095-06-01T00:00:00Z, rehold_cooldown: 90s}
    dates:
      - {starts_at: 2096-02-01T19:00:00Z, prices: {Standard: 0}}
      - {starts_at: 2096-02-02T19:00:00Z, layout: hall, prices: {VIP: 300000, Regular: 5000}, booking: {from: 2095-02-01T00:00:00Z, until: 2095-03-01T00:00:00Z}}
)");
  change("POST", "/admin/events/1/queue/pause", R"({"text":"We go on at 20:15"})");
  change("PATCH", "/admin/events/1", R"({"name":"Renamed","on_sale":{"until":"2095-12-31T00:00:00Z"}})");
  change("PATCH", "/admin/events/1/queue", R"({"capacity":7})");
  change("POST", "/admin/events/1/dates",
         R"({"starts_at":"2095-02-01T19:00:00Z","layout":"club","prices":{"Standard":9}})");
  change("PATCH", "/admin/dates/1", R"({"deleted":true})");
  const std::string file = exported();
  expect_nothing(import(file));
  EXPECT_EQ(exported(), file);
  expect_nothing(import(file, "?overwrite=true"));
  EXPECT_EQ(exported(), file);
}

TEST_F(CatalogueFile, makes_the_same_catalogue_elsewhere) {
  const std::string file = exported();
  memory::MemoryStore empty;
  test::World elsewhere(empty.ports(), clock);
  elsewhere.import(file);
  const auto catalogue = elsewhere.read_model().catalogue();
  EXPECT_EQ(catalogue->event({1})->name, "Winter Club Night");
  EXPECT_EQ(catalogue->date({1})->seats.size(), 50U);
  EXPECT_EQ(catalogue->date({1})->categories[0].price, Won{110'000});
}

// A document has one form for each name, and the date keeps the one that it was made from.
TEST_F(CatalogueFile, leaves_out_a_layout_that_has_another_form_than_its_date) {
  world.import("layouts: {club: {seats: 60, category: Standard}, box: {seats: 4, category: Standard}}");
  const std::string file = exported();
  EXPECT_THAT(file,
              AllOf(HasSubstr("\"box\""), Not(HasSubstr("\"club\": {")), HasSubstr("\"layout\": \"club\"")));
  expect_nothing(import(file));
  EXPECT_EQ(world.read_model().catalogue()->layouts.at("club").seats, 60);
}

TEST_F(CatalogueFile, says_in_a_dry_run_what_an_import_would_change) {
  std::string file = exported();
  const std::string before = file;
  file.replace(file.find("Winter"), 6, "Summer");
  const std::size_t lines = store.tables().log.size();
  const auto told = import(file, "?dry_run=true");
  EXPECT_THAT(boost::json::serialize(told.at("changed")), HasSubstr("event 1 Summer Club Night: name"));
  EXPECT_EQ(exported(), before);
  EXPECT_EQ(store.tables().log.size(), lines);
  EXPECT_EQ(import(file), told);
  EXPECT_NE(exported(), before);
  EXPECT_EQ(ask("/admin/import?dry_run=yes", {.secret = kOwner, .method = http::Method::POST, .body = file})
                .refusal,
            Code::INVALID_REQUEST);
}

// Otherwise the import itself would be answered with what was only tried.
TEST_F(CatalogueFile, a_dry_run_keeps_no_answer_for_its_key_R_X5) {
  std::string file = exported();
  file.replace(file.find("Winter"), 6, "Summer");
  const auto ask_with_key = [&](const std::string& query) {
    return ask("/admin/import" + query,
               {.secret = kOwner, .method = http::Method::POST, .body = file, .idempotency_key = "k"});
  };
  EXPECT_EQ(ask_with_key("?dry_run=true").status, 200);
  EXPECT_EQ(ask_with_key("").status, 200);
  EXPECT_EQ(world.read_model().catalogue()->event({1})->name, "Summer Club Night");
}

TEST_F(CatalogueFile, a_dry_run_of_a_large_catalogue_stores_no_seats) {
  const std::uint64_t commands = world.lane().counters().commands;
  const auto told = import(
      R"({"layouts":{"arena":{"seats":50000,"category":"Standard"}},"events":[{"id":70,"name":"Season",
      "on_sale":{"from":"2026-01-01T00:00:00Z","until":"2036-01-01T00:00:00Z"},
      "dates":[{"id":71,"starts_at":"2036-02-01T19:00:00Z","layout":"arena","prices":{"Standard":0}}]}]})",
      "?dry_run=true");
  EXPECT_THAT(boost::json::serialize(told.at("added")), HasSubstr("50000 seats"));
  EXPECT_FALSE(world.read_model().catalogue()->date({71}));
  EXPECT_EQ(world.lane().counters().commands, commands + 1) << "none that stores a piece";
}

}  // namespace
}  // namespace stagedoor::operators
