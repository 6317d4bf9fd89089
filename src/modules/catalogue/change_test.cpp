// The command that changes the catalogue, decided over a view.
#include "modules/catalogue/change.h"

#include <gmock/gmock.h>

namespace stagedoor::catalogue {
namespace {

using testing::HasSubstr;

constexpr TimePoint kChangedAt = from_ms(1'780'000'000'000);
const std::string kDate =
    "events:\n- id: 7\n  name: Night\n  on_sale: {from: 2026-01-01T00:00:00Z, until: 2036-01-01T00:00:00Z}\n"
    "  dates:\n  - {id: 9, starts_at: 2036-02-01T19:00:00Z, prices: {Standard: 1000}";

// Decides like a lane: load what is wanted (all absent unless put), then decide, then see the changes.
struct Desk {
  View view;
  Ids ids{1};

  Desk() { view.catalogue = std::make_shared<const Catalogue>(); }

  Change change(const std::string& text) {
    Change change;
    change.document = [text](const Catalogue&) { return CatalogueText(text).document(); };
    change.operator_name = "ada";
    change.action = "catalogue.import";
    change.rule = PlanRule::keep_changes;
    change.digest = import_digest(text);
    change.render = [](const Result<CataloguePlan>& plan, const Catalogue&, TimePoint) {
      return Answer{
          .status = plan ? 200 : 409, .body = plan ? "" : plan.error().message, .headers = {}, .shared = {}};
    };
    change.reply = [](Answer) {};
    change.has_joined = [](EventId) { return false; };
    return change;
  }
  std::size_t load(const Command& command) {
    std::size_t loaded = 0;
    for (;;) {
      Keys wanted;
      command.rows_to_load(view, wanted);
      if (wanted.empty()) return loaded;
      loaded += wanted.seats.size();
      for (const SeatId seat : wanted.seats) view.seats.put(seat, std::nullopt);
      for (const EventId event : wanted.draws) view.draws.put(event, std::nullopt);
      for (const auto& key : wanted.key_versions) view.key_versions.put(key, std::nullopt);
    }
  }
  CommandResult decide(Change asked) {
    ChangeCatalogue command(std::move(asked));
    load(command);
    BatchContext context{kChangedAt, ids};
    CommandResult result = command.decide(view, context);
    view.catalogue =
        std::make_shared<const Catalogue>(with_changes(*view.catalogue, result.changes.catalogue));
    for (const auto& row : result.changes.key_versions) view.key_versions.put(row.key, row);
    return result;
  }
  void take_seat(ReservationStatus status, TimePoint expires_at) {
    Reservation row;
    row.id = ReservationId{500};
    row.seat = view.catalogue->date(DateId{9})->seat_id(4);
    row.status = status;
    row.expires_at = expires_at;
    view.reservations.put(row.id, row);
    view.seats.put(row.seat, SeatState{.taken_by = row.id, .blocked = false});
  }
};

TEST(ChangeCatalogue, is_one_change_with_its_line_in_the_log_R_Q17) {
  Desk desk;
  const CommandResult result = desk.decide(desk.change(kDate + "}\n"));
  EXPECT_TRUE(result.succeeded);
  EXPECT_EQ(result.changes.catalogue.events.size(), 1U);
  EXPECT_EQ(result.changes.catalogue.dates.size(), 1U);
  ASSERT_EQ(result.changes.log.size(), 1U);
  EXPECT_EQ(result.changes.log[0].operator_name, "ada");
  EXPECT_EQ(result.changes.log[0].event, EventId{7});
  EXPECT_EQ(result.changes.log[0].detail,
            "{\"added\":[\"event 7 Night\",\"date 9 of event 7 (2036-02-01T19:00:00.000Z, 50 seats)\"]}");
}

// R-E4
TEST(ChangeCatalogue, writes_an_event_for_each_event_and_date_that_changes) {
  Desk desk;
  const auto told = [](const CommandResult& result) {
    std::vector<std::string> lines;
    for (const auto& row : result.changes.outbox)
      lines.push_back(row.type + " " + row.key + " " + std::to_string(row.version));
    return lines;
  };
  EXPECT_THAT(
      told(desk.decide(desk.change(kDate + "}\n"))),
      testing::ElementsAre("stagedoor.event.created.v1 event/7 1", "stagedoor.date.added.v1 date/9 1"));
  EXPECT_THAT(told(desk.decide(desk.change(kDate + "}\n"))), testing::IsEmpty());
  std::string dearer = kDate;
  dearer.replace(dearer.find("1000"), 4, "2000");
  EXPECT_THAT(told(desk.decide(desk.change(dearer + "}\n"))),
              testing::ElementsAre("stagedoor.date.price_changed.v1 date/9 2"));
  EXPECT_THAT(told(desk.decide(desk.change(kDate + "}\n"))),
              testing::ElementsAre("stagedoor.date.price_changed.v1 date/9 3"));
}

TEST(ChangeCatalogue, writes_nothing_when_nothing_changes) {
  Desk desk;
  desk.decide(desk.change(kDate + "}\n"));
  const CommandResult again = desk.decide(desk.change(kDate + "}\n"));
  EXPECT_TRUE(again.succeeded);
  EXPECT_TRUE(again.changes.catalogue.empty());
  EXPECT_TRUE(again.changes.log.empty());
}

TEST(ChangeCatalogue, says_in_the_log_what_an_import_kept_R_K4) {
  Desk desk;
  desk.decide(desk.change(kDate + "}\n"));
  Change edit = desk.change("events: []\n");
  edit.rule = PlanRule::edit;
  edit.digest = "";
  edit.document = [](const Catalogue& catalogue) -> Result<CatalogueDocument> {
    CatalogueDocument document;
    document.events.emplace().push_back(document_of(*catalogue.event(EventId{7})));
    document.events->front().name = "Gala";
    return document;
  };
  desk.decide(std::move(edit));
  const CommandResult result = desk.decide(desk.change(kDate + ", booking: {from: 2026-01-01T00:00:00Z, "
                                                               "until: 2027-01-01T00:00:00Z}}\n"));
  ASSERT_EQ(result.changes.log.size(), 1U);
  EXPECT_THAT(result.changes.log[0].detail, HasSubstr(R"("kept":["event 7: name, file Night, now Gala"])"));
}

TEST(ChangeCatalogue, remembers_every_text_and_which_was_the_newest_R_K4) {
  Desk desk;
  const std::string first = kDate + "}\n";
  const std::string second = kDate + "}\n# later\n";
  const auto log_of = [&](const std::string& text) {
    const auto result = desk.decide(desk.change(text));
    return result.changes.catalogue.imports.empty() ? LogId{} : result.changes.catalogue.imports[0].log;
  };
  const LogId one = log_of(first);
  EXPECT_TRUE(one);
  EXPECT_FALSE(log_of(first)) << "it is the newest";
  EXPECT_GT(log_of(second), one) << "although it changes nothing else";
  EXPECT_GT(log_of(first), one) << "imported again, it is the newest again";
  EXPECT_EQ(desk.view.catalogue->imports.size(), 2U);
}

// A season of three dates with 47,000 seats, and event 8 beside it.
const std::string kSeason =
    "layouts:\n  arena: {sections: [{name: A, rows: 150, seats_per_row: 100, category: Standard}]}\n"
    "  hall: {seats: 17000, category: Standard}\n"
    "events:\n- {id: 8, name: Other, queue: {capacity: 5},"
    "   on_sale: {from: 2026-01-01T00:00:00Z, until: 2036-01-01T00:00:00Z}}\n"
    "- name: Season\n  on_sale: {from: 2026-01-01T00:00:00Z, until: 2036-01-01T00:00:00Z}\n  dates:\n"
    "  - {starts_at: 2036-02-01T19:00:00Z, layout: arena, prices: {Standard: 1}}\n"
    "  - {id: 9, starts_at: 2036-02-02T19:00:00Z, layout: arena, prices: {Standard: 1}}\n"
    "  - {starts_at: 2036-02-03T19:00:00Z, layout: hall, prices: {Standard: 1}}\n";

// The commands of a large import, one after the other.
struct LargeImport {
  Desk& desk;
  std::unique_ptr<Command> next;
  Answer answer{.status = 0};

  LargeImport(Desk& at, const std::string& text) : desk(at) {
    Change change = desk.change(text);
    change.submit = [this](std::unique_ptr<Command> command) { next = std::move(command); };
    change.reply = [this](Answer final) { answer = std::move(final); };
    next = std::make_unique<ChangeCatalogue>(std::move(change));
  }
  Changes step() {
    const std::unique_ptr<Command> now = std::move(next);
    desk.load(*now);
    BatchContext context{kChangedAt, desk.ids};
    (void)now->decide(desk.view, context);  // as of a batch that failed
    CommandResult result = now->decide(desk.view, context);
    desk.view.catalogue =
        std::make_shared<const Catalogue>(with_changes(*desk.view.catalogue, result.changes.catalogue));
    now->reply(std::move(result.answer));
    return std::move(result.changes);
  }
};

TEST(ChangeCatalogue, stores_many_seats_in_pieces_and_shows_them_at_last_R_A5) {
  Desk desk;
  LargeImport import(desk, kSeason);
  std::map<SeatId, DateId> stored;
  Changes last;
  std::size_t pieces = 0;
  while (import.next) {
    last = import.step();
    if (!import.next) break;
    ++pieces;
    EXPECT_TRUE(last.catalogue.empty()) << "nobody sees any of it yet";
    EXPECT_EQ(import.answer.status, 0);
    std::size_t seats = 0;
    for (const HiddenSeats& part : last.hidden_seats) {
      seats += part.seats.size();
      EXPECT_EQ(part.event.name, "Season");
      for (std::size_t i = 0; i < part.seats.size(); ++i)
        EXPECT_TRUE(stored.emplace(part.date.seat_id(part.first + i), part.date.id).second);
    }
    EXPECT_LE(seats, 20'000U);
  }
  EXPECT_EQ(pieces, 3U);
  EXPECT_EQ(import.answer.status, 200);
  ASSERT_EQ(last.catalogue.dates.size(), 3U);
  EXPECT_TRUE(last.hidden_seats.empty());
  std::size_t shown = 0;
  for (const EventDate& date : last.catalogue.dates) {
    shown += date.seats.size();
    EXPECT_EQ(stored.at(date.first_seat), date.id);
    EXPECT_EQ(stored.at(date.seat_id(date.seats.size() - 1)), date.id);
  }
  EXPECT_EQ(shown, stored.size());
  EXPECT_EQ(last.log.size(), 1U) << "one import, one row of the audit log";
}

TEST(ChangeCatalogue, decides_a_large_import_again_on_what_is_stored_when_it_is_shown_R_K4) {
  Desk desk;
  desk.decide(desk.change(kSeason.substr(0, kSeason.find("- name: Season"))));
  LargeImport import(desk, kSeason);
  import.step();
  Change edit =
      desk.change("");  // meanwhile an operator changes one event and adds a date with an id of the file
  edit.rule = PlanRule::edit;
  edit.digest = "";
  edit.document = [](const Catalogue& catalogue) -> Result<CatalogueDocument> {
    EventDocument other = document_of(*catalogue.event(EventId{8}));
    other.queue->capacity = 7;
    DateDocument date;
    date.id = DateId{9};
    date.starts_at = kChangedAt;
    date.prices["Standard"] = Won{1};
    other.dates.emplace().push_back(date);
    CatalogueDocument document;
    document.events.emplace().push_back(other);
    return document;
  };
  ASSERT_TRUE(desk.decide(std::move(edit)).succeeded);
  while (import.next) import.step();
  EXPECT_EQ(import.answer.status, 409);
  EXPECT_THAT(import.answer.body, HasSubstr("events[1].dates[1].id belongs to date 9 of event 8"));
  EXPECT_EQ(desk.view.catalogue->events.size(), 1U);
  EXPECT_EQ(desk.view.catalogue->event(EventId{8})->queue.capacity, 7);
}

TEST(ChangeCatalogue, keeps_what_was_asked_in_the_log) {
  Desk desk;
  Change change = desk.change(kDate + "}\n");
  change.request = R"({"name":"Night"})";
  EXPECT_THAT(desk.decide(std::move(change)).changes.log[0].detail,
              testing::StartsWith(R"({"request":{"name":"Night"},"added":[)"));
}

TEST(ChangeCatalogue, wants_seats_only_of_dates_whose_seats_are_at_stake) {
  Desk desk;
  EXPECT_EQ(desk.load(ChangeCatalogue(desk.change(kDate + "}\n"))), 0U);
  desk.decide(desk.change(kDate + "}\n"));
  EXPECT_EQ(desk.load(ChangeCatalogue(desk.change(kDate + "}\n"))), 0U);
  EXPECT_EQ(desk.load(ChangeCatalogue(desk.change(kDate + ", deleted: true}\n"))), 50U);
}

TEST(ChangeCatalogue, refuses_by_name_what_would_take_a_sold_or_held_seat) {
  const struct {
    ReservationStatus status;
    TimePoint expires_at;
    bool refused;
  } cases[] = {{ReservationStatus::RESERVED, kChangedAt + Millis(1), true},
               {ReservationStatus::RESERVED, kChangedAt, false},  // lapsed by rule, not swept yet
               {ReservationStatus::PENDING, kChangedAt + Millis(1), true},
               {ReservationStatus::PAID, kChangedAt, true}};
  for (const auto& c : cases) {
    Desk desk;
    desk.decide(desk.change(kDate + "}\n"));
    desk.take_seat(c.status, c.expires_at);
    const CommandResult result = desk.decide(desk.change(kDate + ", deleted: true}\n"));
    EXPECT_EQ(result.succeeded, !c.refused);
    EXPECT_EQ(result.changes.catalogue.empty(), c.refused);
    if (c.refused) {
      EXPECT_THAT(result.answer.body, HasSubstr("seat 5 is held or sold"));
    }
  }
}

TEST(ChangeCatalogue, ends_its_batch) {
  Desk desk;
  EXPECT_TRUE(ChangeCatalogue(desk.change("events: []\n")).ends_batch());
}

}  // namespace
}  // namespace stagedoor::catalogue
