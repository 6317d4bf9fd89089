// The command that changes the catalogue, decided over a view.
#include "modules/catalogue/change.h"

#include <gmock/gmock.h>

namespace stagedoor::catalogue {
namespace {

using testing::HasSubstr;

constexpr TimePoint kNow = from_ms(1'780'000'000'000);
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
    }
  }
  CommandResult decide(Change asked) {
    ChangeCatalogue command(std::move(asked));
    load(command);
    BatchContext context{kNow, ids};
    CommandResult result = command.decide(view, context);
    view.catalogue =
        std::make_shared<const Catalogue>(with_changes(*view.catalogue, result.changes.catalogue));
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

TEST(ChangeCatalogue, writes_nothing_when_nothing_changes) {
  Desk desk;
  desk.decide(desk.change(kDate + "}\n"));
  const CommandResult again = desk.decide(desk.change(kDate + "}\n"));
  EXPECT_TRUE(again.succeeded);
  EXPECT_TRUE(again.changes.catalogue.empty());
  EXPECT_TRUE(again.changes.log.empty());
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
  } cases[] = {{ReservationStatus::RESERVED, kNow + Millis(1), true},
               {ReservationStatus::RESERVED, kNow, false},  // lapsed by rule, not swept yet
               {ReservationStatus::PENDING, kNow + Millis(1), true},
               {ReservationStatus::PAID, kNow, true}};
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
