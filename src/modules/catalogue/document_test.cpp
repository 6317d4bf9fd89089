// The catalogue document (R-K4): what is read, and that every error is told with its line.
#include "modules/catalogue/document.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "json/write.h"

namespace stagedoor::catalogue {
namespace {

using testing::HasSubstr;

// The example of the requirements, word for word.
constexpr std::string_view kExample = R"(layouts:
  club: {seats: 50, category: Standard}            # numbered 1–50
  hall:
    sections:
      - {name: A, rows: 20, seats_per_row: 25, category: VIP}
      - {name: B, rows: 40, seats_per_row: 50, category: Regular}
events:
  - id: 1
    name: Winter Club Night
    performer: The Understudies
    venue: Stagedoor Club
    on_sale: {from: 2026-01-01T00:00:00Z, until: 2036-01-01T00:00:00Z}
    queue: {admission: interval, people: 3000, every: 10s, capacity: 1000, active_ttl: 5m, visit_max: 30m, presence_timeout: 60s, return_share: 0.2, poll_min: 1s, poll_max: 30s, spread: false, order: fifo, gather_from: 2025-12-31T23:00:00Z}
    policy: {seats_per_user: 4, hold_ttl: 5m, rehold_cooldown: 0s, refund_until: 2036-01-01T00:00:00Z}
    dates:
      - {id: 1, starts_at: 2036-02-01T19:00:00+09:00, booking: {from: 2026-01-01T00:00:00Z, until: 2036-02-01T18:00:00+09:00}, layout: club, prices: {Standard: 110000}}
)";

// "LINE: path message" of every error.
std::vector<std::string> errors_of(std::string_view text) {
  const CatalogueText read(text);
  if (read.document()) return {};
  std::string lines = read.explain("f", read.document().error());
  std::vector<std::string> errors;
  for (std::size_t end; (end = lines.find('\n')) != lines.npos; lines.erase(0, end + 1)) {
    errors.push_back(lines.substr(2, end - 2));
  }
  return errors;
}

std::string with_event(const std::string& fields) {
  return "events:\n- name: Night\n  on_sale: {from: 2026-01-01T00:00:00Z, until: 2036-01-01T00:00:00Z}\n" +
         fields;
}

TEST(CatalogueText, reads_the_form_of_R_K4) {
  const CatalogueText text(kExample);
  ASSERT_TRUE(text.document()) << text.explain("f", text.document().error());
  const CatalogueDocument& document = *text.document();
  EXPECT_EQ(*document.layouts->at("club").seats, 50);
  EXPECT_EQ(document.layouts->at("hall").sections->at(1).seats_per_row, 50);
  const EventDocument& event = document.events->at(0);
  EXPECT_EQ(*event.id, EventId{1});
  EXPECT_EQ(*event.performer, "The Understudies");
  const QueuePolicy queue = queue_policy(*event.queue);
  EXPECT_EQ(queue.every, Millis(10'000));
  EXPECT_EQ(queue.visit_max, Millis(1'800'000));
  EXPECT_EQ(queue.return_share, 0.2);
  EXPECT_EQ(to_rfc3339(*queue.gather_from), "2025-12-31T23:00:00.000Z");
  EXPECT_EQ(sale_policy(*event.policy).hold_ttl, Millis(300'000));
  const DateDocument& date = event.dates->at(0);
  EXPECT_EQ(to_rfc3339(date.starts_at), "2036-02-01T10:00:00.000Z");
  EXPECT_EQ(date.prices.at("Standard"), Won{110'000});
}

TEST(CatalogueText, reads_the_same_from_json) {
  const CatalogueText yaml(kExample);
  const CatalogueText json(json::to_text(*yaml.document()));
  ASSERT_TRUE(json.document()) << json.explain("f", json.document().error());
  EXPECT_EQ(json::to_text(*json.document()), json::to_text(*yaml.document()));
}

TEST(CatalogueText, refuses_escapes_that_are_not_utf_8) {
  const CatalogueText text("events:\n  - {name: \"a\\Nb\", \"c\\Nd\": 1}\n");
  ASSERT_FALSE(text.document());
  EXPECT_EQ(text.document().error().details.at(0).path, "events[0].name");
  EXPECT_EQ(text.document().error().details.at(0).message, "is not UTF-8");
}

TEST(CatalogueText, reads_json_text_that_yaml_writes_otherwise) {
  const CatalogueText text(R"({"events":[{"name":"\ud83c\udfb8","on_sale":{"from":"2026-01-01T00:00:00Z",
    "until":"2036-01-01T00:00:00Z"}}]})");
  ASSERT_TRUE(text.document()) << text.explain("f", text.document().error());
  EXPECT_EQ(text.document()->events->at(0).name, "🎸");
}

TEST(CatalogueText, reads_where_sections_are_drawn_R_C9) {
  const CatalogueText text(R"(layouts:
  fan:
    sections:
      - {name: A, rows: 2, seats_per_row: 4, category: VIP, at: [0, 6.5], curve: 20}
      - {name: B, rows: 2, seats_per_row: 4, category: VIP, at: [-3, 1e2], angle: -22.5, curve: 0}
  plain: {sections: [{name: A, rows: 2, seats_per_row: 4, category: VIP}]}
)");
  ASSERT_TRUE(text.document()) << text.explain("f", text.document().error());
  const auto& layouts = *text.document()->layouts;
  const Layout fan = layout_of(layouts.at("fan"));
  const Layout expected{
      .category = "",
      .sections = {{"A", 2, 4, "VIP", Point{0, 6.5}, 0, 20}, {"B", 2, 4, "VIP", Point{-3, 100}, -22.5, 0}}};
  EXPECT_EQ(fan, expected);
  EXPECT_EQ(layout_of(document_of(fan)), fan) << "what is written is read as the same";
  EXPECT_EQ(json::to_text(document_of(layout_of(layouts.at("plain")))),
            R"({"sections":[{"name":"A","rows":2,"seats_per_row":4,"category":"VIP"}]})");
}

TEST(CatalogueText, takes_defaults_for_what_is_left_out) {
  const CatalogueText text(with_event(""));
  ASSERT_TRUE(text.document());
  const QueuePolicy queue = queue_policy(text.document()->events->at(0).queue.value_or(QueueDocument{}));
  EXPECT_EQ(queue.people, 3000);
  EXPECT_EQ(queue.every, Millis(10'000));
  EXPECT_EQ(queue.active_ttl, Millis(300'000));
}

TEST(CatalogueText, tells_every_error_with_its_line) {
  EXPECT_THAT(
      errors_of(R"(layouts:
  club: {seats: 0, category: Standard}
events:
  - name: Night
    perfomer: The Understudies
    on_sale: {from: 2026-01-01, until: 2036-01-01T00:00:00Z}
    queue:
      people: 0
      every: 2h
    dates:
      - starts_at: 2036-02-01T19:00:00Z
        layout: club
        prices:
          Standard: 1.5
)"),
      testing::UnorderedElementsAre(
          "2: layouts.club.seats must be from 1 to 100000", "5: events[0].perfomer is not a known field",
          "6: events[0].on_sale.from must be a time in RFC 3339, such as 2026-01-01T00:00:00Z",
          "8: events[0].queue.people must be from 1 to 100000000",
          "9: events[0].queue.every must be from 1ms to 1h",
          "14: events[0].dates[0].prices.Standard must be a whole number"));
}

TEST(CatalogueText, points_at_the_owner_of_what_is_missing) {
  EXPECT_THAT(errors_of("layouts: {}\nevents:\n  - name: Night\n"),
              testing::ElementsAre("3: events[0].on_sale is required"));
}

struct Error1 {
  std::string text;
  std::string error;
};
class DocumentRules : public testing::TestWithParam<Error1> {};

TEST_P(DocumentRules, refuses) {
  EXPECT_THAT(errors_of(GetParam().text), testing::ElementsAre(HasSubstr(GetParam().error)))
      << GetParam().text;
}

std::string with_queue(const std::string& fields) { return with_event("  queue: {" + fields + "}\n"); }
std::string with_policy(const std::string& fields) { return with_event("  policy: {" + fields + "}\n"); }
std::string with_date(const std::string& fields) {
  return with_event("  dates: [{starts_at: 2036-02-01T19:00:00Z, " + fields + "}]\n");
}
std::string with_layout(const std::string& fields) { return "layouts: {x: {" + fields + "}}\n"; }
std::string with_section(const std::string& fields) { return with_layout("sections: [{" + fields + "}]"); }
std::string sections(int count) {
  std::string list;
  for (int i = 0; i < count; ++i)
    list += fmt::format("{}{{name: S{}, rows: 1, seats_per_row: 1, category: V}}", i ? ", " : "[", i);
  return list + "]";
}
std::string with_shape(const std::string& fields) {
  return with_section("name: A, rows: 1, seats_per_row: 10, category: V, " + fields);
}

INSTANTIATE_TEST_SUITE_P(
    R_K4, DocumentRules,
    testing::Values(
        Error1{with_queue("people: 0"), "queue.people must be from 1"},
        Error1{with_queue("people: many"), "queue.people must be a whole number"},
        Error1{with_queue("every: 0s"), "queue.every must be from 1ms to 1h"},
        Error1{with_queue("every: 61m"), "queue.every must be from 1ms to 1h"},
        Error1{with_queue("every: 10"), "queue.every must be a duration, such as 5m"},
        Error1{with_queue("capacity: -1"), "queue.capacity must be from 1"},
        Error1{with_queue("active_ttl: 0s"), "queue.active_ttl must be longer than 0s"},
        Error1{with_queue("active_ttl: 31m"),
               "queue.active_ttl is wrong: visit_max (30m) must not be shorter"},
        Error1{with_queue("active_ttl: 5m, visit_max: 4m"), "queue.visit_max is wrong: visit_max (4m)"},
        Error1{with_queue("presence_timeout: 0s"), "queue.presence_timeout must be longer than 0s"},
        Error1{with_queue("return_share: 1.1"), "queue.return_share must be from 0 to 1"},
        Error1{with_queue("return_share: -0.1"), "queue.return_share must be from 0 to 1"},
        Error1{with_queue("poll_min: 31s"), "queue.poll_min is wrong: poll_max (30s) must not be shorter"},
        Error1{with_queue("poll_max: 500ms"), "queue.poll_max is wrong"},
        // R-Q12, R-Q15: or who polls as told would count as absent.
        Error1{with_queue("presence_timeout: 1999ms"),
               "queue.presence_timeout is wrong: presence_timeout (1s999ms) must be 2s or longer"},
        Error1{with_queue("presence_timeout: 1ms, poll_min: 0s"), "queue.presence_timeout is wrong"},
        Error1{with_queue("poll_min: 31s, poll_max: 60s"),
               "queue.poll_min is wrong: presence_timeout (1m) must be 1m2s or longer"},
        Error1{with_event("  paused_text: ''\n"), "events[0].paused_text must have 1 to 500 bytes"},
        Error1{with_queue("admission: all"), "queue.admission must be one of interval, capacity, both"},
        Error1{with_queue("order: random"), "queue.order must be one of fifo, draw"},
        Error1{with_queue("gather_from: 2026-01-01T00:00:01Z"),
               "queue.gather_from must not be later than on_sale"},
        Error1{with_policy("seats_per_user: 0"), "policy.seats_per_user must be from 1"},
        Error1{with_policy("hold_ttl: 0s"), "policy.hold_ttl must be longer than 0s"},
        Error1{with_policy("rehold_cooldown: -1s"), "policy.rehold_cooldown must be a duration"},
        Error1{with_event("  id: 0\n"), "events[0].id must be an id"},
        Error1{with_event("  venue: 5\n"), "events[0].venue must be a text"},
        Error1{"events: [{name: '', on_sale: {from: 2026-01-01T00:00:00Z, until: 2026-01-02T00:00:00Z}}]",
               "events[0].name must not be empty"},
        Error1{"events: [{name: A, on_sale: {from: 2026-01-01T00:00:00Z, until: 2026-01-01T00:00:00Z}}]",
               "events[0].on_sale.until must be later than on_sale.from"},
        Error1{with_date("prices: {Standard: -1}"), "dates[0].prices.Standard must be from 0"},
        Error1{with_event("  id: 9007199254740992\n"),
               "events[0].id must be an id: at most 9007199254740991"},
        Error1{with_event("  time_zone: Asia/Soul\n"), "events[0].time_zone is not a known time zone"},
        Error1{with_event("  time_zone: ../../../etc/passwd\n"), "events[0].time_zone is not a known time"},
        Error1{with_event("  time_zone: localtime\n"), "events[0].time_zone is not a known time zone"},
        Error1{with_event("  venue: \"Hall\\0\"\n"), "events[0].venue must not have control characters"},
        Error1{with_event("  performer: \"A\\tB\"\n"), "events[0].performer must not have control char"},
        Error1{with_event("  performer: \"A\\x7F\"\n"), "events[0].performer must not have control char"},
        Error1{with_event("  performer: \"A\\u0085\"\n"), "events[0].performer must not have control"},
        Error1{with_queue("beacon: \"a\\nb\""), "queue.beacon must not have control characters"},
        Error1{with_layout("seats: 5, category: \"V\\0\""), "layouts.x.category must not have control"},
        Error1{with_section("name: \"A\\0\", rows: 1, seats_per_row: 1, category: V"),
               "sections[0].name must not have control characters"},
        Error1{"layouts: {\"x\\0\": {seats: 5, category: V}}", "without control characters"},
        Error1{with_date("prices: {}"), "dates[0].prices must give a price"},
        Error1{
            with_date(
                "prices: {Standard: 1}, booking: {from: 2026-01-02T00:00:00Z, until: 2026-01-01T00:00:00Z}"),
            "dates[0].booking.until must be later"},
        Error1{with_layout("category: Standard"), "layouts.x.seats is required"},
        Error1{with_layout("seats: 50"), "layouts.x.category is required"},
        Error1{with_layout("seats: 100001, category: Standard"), "layouts.x.seats must be from 1 to 100000"},
        Error1{with_layout("sections: []"), "layouts.x.sections must name at least one section"},
        Error1{with_section("name: A, rows: 0, seats_per_row: 1, category: V"),
               "sections[0].rows must be from 1"},
        Error1{with_section("name: A, rows: 1, seats_per_row: 0, category: V"),
               "sections[0].seats_per_row must be from 1"},
        Error1{with_section("name: A, rows: 1001, seats_per_row: 100, category: V"),
               "layouts.x.sections have 100100 seats in total; a date has at most 100000"},
        Error1{with_section("name: A, rows: 1, seats_per_row: 1, category: ''"),
               "sections[0].category must not be empty"},
        Error1{with_layout("sections: " + sections(10'001)),
               "layouts.x.sections must be at most 10000 sections"},
        Error1{with_shape("at: 5"), "sections[0].at must be an array"},
        Error1{with_shape("at: [5]"), "sections[0].at must be two numbers"},
        Error1{with_shape("at: [1, 2, 3]"), "sections[0].at must be two numbers"},
        Error1{with_shape("at: [1, north]"), "sections[0].at[1] must be a number"},
        Error1{with_shape("at: [1, 100001]"), "sections[0].at[1] must be from -100000 to 100000"},
        Error1{with_shape("at: [1, 2], angle: 361"), "sections[0].angle must be from -360 to 360"},
        Error1{with_shape("at: [1, 2], angle: left"), "sections[0].angle must be a number"},
        Error1{with_shape("angle: 5"), "sections[0].at is required where there is an angle or a curve"},
        Error1{with_shape("curve: 5"), "sections[0].at is required where there is an angle or a curve"},
        Error1{with_shape("at: [1, 2], curve: -1"), "sections[0].curve must be 0 for straight rows, or"},
        Error1{with_shape("at: [1, 2], curve: 1.5"), "from 1.6, the circle of 10 seats, to 100000"},
        Error1{with_shape("at: [1, 2], curve: 1e9"), "sections[0].curve must be 0 for straight rows, or"},
        Error1{with_layout("sections: [{name: A, rows: 1, seats_per_row: 1, category: V, at: [1, 2]}, "
                           "{name: B, rows: 1, seats_per_row: 1, category: V}]"),
               "sections[1].at must be given for all sections of a layout, or for none"},
        Error1{with_layout("sections: [{name: A, rows: 1, seats_per_row: 1, category: V}, "
                           "{name: A, rows: 1, seats_per_row: 1, category: V}]"),
               "sections[1].name is already used by another section"},
        Error1{"events: []\nlayouts: {}\nevents: []\n", "events appears more than once, again in line 3"},
        Error1{"", "the catalogue is empty"}, Error1{"- 1\n", "the catalogue must be an object"},
        Error1{"events: [\n", "the catalogue is not YAML"}, Error1{"a: 1\n---\na: 2\n", "several documents"},
        Error1{R"({"events": []},)", "several documents"}));  // YAML::LoadAll would not return

TEST(CatalogueText, takes_free_seats_the_largest_id_and_names_beyond_ascii_R_C6) {
  EXPECT_THAT(errors_of(with_event("  id: 9007199254740991\n  time_zone: Europe/Berlin\n"
                                   "  performer: 잔나비 – Ünë\u00A0x\n"
                                   "  dates: [{starts_at: 2036-02-01T19:00:00Z, prices: {Standard: 0}}]\n")),
              testing::IsEmpty());
}

TEST(CatalogueText, tells_prices_that_do_not_fit_with_the_other_errors) {
  const std::string hall = "layouts:\n  hall: {seats: 5, category: Any}\n";
  EXPECT_THAT(
      errors_of(hall + with_event("  hue: 1\n  dates: [{starts_at: 2036-02-01T19:00:00Z, layout: hall,"
                                  " prices: {VIP: 5}}]\n")),
      testing::UnorderedElementsAre(
          "6: events[0].hue is not a known field",
          "7: events[0].dates[0].prices must give a price for the category Any",
          "7: events[0].dates[0].prices.VIP is not a category of its layout; known categories: Any"));
  EXPECT_THAT(errors_of(with_date("prices: {VIP: 5}")), testing::SizeIs(2))
      << "50 seats of category Standard";
}

TEST(CatalogueText, refuses_ids_given_twice) {
  const std::string sale = "on_sale: {from: 2026-01-01T00:00:00Z, until: 2036-01-01T00:00:00Z}";
  const std::string date = "starts_at: 2036-02-01T19:00:00Z, prices: {Standard: 1}";
  EXPECT_THAT(
      errors_of("events:\n- {id: 7, name: A, " + sale + ", dates: [{id: 3, " + date +
                "}]}\n- {id: 7, name: B, " + sale + ", dates: [{id: 3, " + date + "}]}\n"),
      testing::UnorderedElementsAre("3: events[1].id is already used by events[0]",
                                    "3: events[1].dates[0].id is already used by events[0].dates[0]"));
  EXPECT_THAT(
      errors_of("events:\n- {name: A, " + sale + ", dates: [{" + date + "}, {" + date + "}]}\n- {name: A, " +
                sale + "}\n"),
      testing::UnorderedElementsAre("3: events[1].name is already used by events[0]",
                                    "2: events[0].dates[1].starts_at is already used by events[0].dates[0]"));
}

TEST(CatalogueText, refuses_aliases_that_multiply) {
  std::string text = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 9; ++j) text += ", " + before;
    text += "]\n";
  }
  EXPECT_THAT(errors_of(text), testing::Contains(HasSubstr("uses aliases to become very large")));
}

TEST(CatalogueText, follows_aliases) {
  const CatalogueText text(
      with_event("  queue: &q {people: 7}\n") +
      "- {name: Other, on_sale: {from: 2026-01-01T00:00:00Z, until: 2036-01-01T00:00:00Z}, queue: *q}\n");
  ASSERT_TRUE(text.document()) << text.explain("f", text.document().error());
  EXPECT_EQ(*text.document()->events->at(1).queue->people, 7);
}

TEST(CatalogueText, a_failure_of_a_body_has_lines_too) {
  const CatalogueText text(with_event("  id: 0\n"));
  const Refusal refusal = text.with_lines(text.document().error());
  ASSERT_EQ(refusal.details.size(), 1U);
  EXPECT_EQ(refusal.details[0].path, "events[0].id");
  EXPECT_THAT(refusal.details[0].message, testing::StartsWith("line 4: must be an id"));
}

TEST(DocumentOf, says_what_an_operator_would_write) {
  Event event;
  event.id = EventId{3};
  event.name = "Night";
  event.queue.people = 12;
  event.queue.gather_from = from_ms(0);
  const EventDocument document = document_of(event);
  EXPECT_EQ(*document.queue->people, 12);
  EXPECT_EQ(*document.queue->gather_from, from_ms(0));
  EXPECT_FALSE(document.policy->refund_until);
  EXPECT_EQ(json::to_text(document_of(event).queue), json::to_text(document.queue));
  EXPECT_EQ(queue_policy(*document.queue).people, 12);
}

}  // namespace
}  // namespace stagedoor::catalogue
