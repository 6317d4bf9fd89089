// Planning an import (R-K4): what is added, changed, left and refused.
#include "modules/catalogue/model.h"

#include <gmock/gmock.h>

namespace stagedoor::catalogue {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr TimePoint kImportedAt = from_ms(1'780'000'000'000);
const std::string kSale = "on_sale: {from: 2026-01-01T00:00:00Z, until: 2036-01-01T00:00:00Z}";
const std::string kClub = "layouts:\n  club: {seats: 3, category: Standard}\n";
const std::string kHall =
    "layouts:\n  hall:\n    sections:\n"
    "    - {name: A, rows: 2, seats_per_row: 2, category: VIP}\n"
    "    - {name: B, rows: 1, seats_per_row: 3, category: Regular}\n"
    "    - {name: C, rows: 1, seats_per_row: 1, category: VIP}\n";

CatalogueDocument parse(const std::string& text) {
  const CatalogueText read(text);
  EXPECT_TRUE(read.document()) << read.explain("test", read.document().error());
  return read.document().value();
}

// A catalogue that documents are imported into, with seats that are held or sold.
struct Imports {
  Catalogue catalogue;
  Ids ids{1};
  std::vector<SeatId> taken;
  std::vector<DateId> asked;
  PlanRule rule = PlanRule::keep_changes;

  Result<CataloguePlan> plan(const std::string& text) {
    const auto seats_taken = [&](const EventDate& date) {
      asked.push_back(date.id);
      std::vector<SeatId> of_date;
      for (const SeatId seat : taken) {
        if (date.has(seat)) of_date.push_back(seat);
      }
      return of_date;
    };
    return plan_import(parse(text), catalogue, seats_taken, kImportedAt, ids, rule);
  }
  ImportSummary import(const std::string& text) {
    const auto planned = plan(text);
    EXPECT_TRUE(planned) << planned.error().message;
    catalogue = with_changes(catalogue, planned->changes);
    return planned->summary;
  }
  // What an operator does by /admin.
  template <class Edit>
  void edit(const Edit& change) {
    CatalogueDocument document;
    auto event = document_of(*catalogue.event(EventId{7}));
    auto date = document_of(*catalogue.date(DateId{9}));
    change(event, date);
    event.dates.emplace().push_back(date);
    document.events.emplace().push_back(event);
    const auto no_seats = [](const EventDate&) { return std::vector<SeatId>(); };
    const auto planned = plan_import(document, catalogue, no_seats, kImportedAt, ids, PlanRule::edit);
    ASSERT_TRUE(planned) << planned.error().message;
    catalogue = with_changes(catalogue, planned->changes);
  }
  const Event& event() const { return *catalogue.event(EventId{7}); }
  const EventDate& date() const { return *catalogue.date(DateId{9}); }
  std::vector<std::string> errors(const std::string& text) {
    const auto planned = plan(text);
    std::vector<std::string> lines;
    if (planned) return lines;
    for (const auto& error : planned.error().details) lines.push_back(error.path + ": " + error.message);
    return lines;
  }
};

std::string night(const std::string& event_fields, const std::string& date_fields) {
  return kClub + "events:\n- {name: Night, " + kSale + event_fields +
         ", dates: [{starts_at: 2036-02-01T19:00:00Z" + date_fields +
         ", layout: club, prices: {Standard: 1000}}]}\n";
}

TEST(PlanImport, makes_events_dates_seats_and_prices_of_a_new_document) {
  Imports imports;
  const auto summary = imports.import(night(", id: 7, policy: {seats_per_user: 2}", ", id: 9"));
  EXPECT_THAT(summary.added, ElementsAre("layout club", "event 7 Night",
                                         "date 9 of event 7 (2036-02-01T19:00:00.000Z, 3 seats)"));
  const Event& event = *imports.catalogue.event(EventId{7});
  EXPECT_EQ(event.policy.seats_per_user, 2);
  EXPECT_EQ(event.policy.hold_ttl, Millis(300'000));
  EXPECT_EQ(event.created_at, kImportedAt);
  const EventDate& date = *imports.catalogue.date(DateId{9});
  EXPECT_EQ(date.event, EventId{7});
  EXPECT_EQ(date.booking.until, event.on_sale.until) << "booking left out: the event's sale window";
  EXPECT_EQ(date.seats.size(), 3U);
  EXPECT_EQ(date.seats[2].number, 3);
  EXPECT_EQ(date.categories[0].name, "Standard");
  EXPECT_EQ(date.categories[0].price, Won{1000});
  EXPECT_EQ(imports.catalogue.date_of(date.seat_id(2)), &date);
}

TEST(PlanImport, numbers_the_first_seats_of_a_new_store_from_1) {
  Imports imports;
  imports.import(night(", id: 7", ", id: 9"));
  EXPECT_EQ(imports.catalogue.date(DateId{9})->first_seat, SeatId{1});
}

TEST(PlanImport, lays_out_sections_rows_and_categories) {
  Imports imports;
  imports.import(
      kHall + "events:\n- {id: 1, name: Night, " + kSale +
      ", dates: [{id: 1, starts_at: 2036-02-01T19:00:00Z, layout: hall, prices: {VIP: 2, Regular: 1}}]}\n");
  const EventDate& date = *imports.catalogue.date(DateId{1});
  ASSERT_EQ(date.seats.size(), 8U);
  EXPECT_THAT(date.sections, ElementsAre("A", "B", "C"));
  ASSERT_EQ(date.categories.size(), 2U) << "sections may share a category";
  EXPECT_EQ(date.seats[3].number, 4);
  EXPECT_EQ(date.seats[3].row, 2);
  EXPECT_EQ(date.seats[3].number_in_row, 2);
  EXPECT_EQ(date.category_of(date.seat_id(3)).name, "VIP");
  EXPECT_EQ(date.category_of(date.seat_id(4)).price, Won{1});
  EXPECT_EQ(date.category_of(date.seat_id(7)).name, "VIP");
  EXPECT_EQ(seat_name(date, date.seat_id(3)), "seat A-2-2");
}

TEST(PlanImport, a_date_without_a_layout_has_seats_1_to_50_R_C6) {
  Imports imports;
  imports.import("events:\n- {id: 1, name: N, " + kSale +
                 ", dates: [{id: 1, starts_at: 2036-02-01T19:00:00Z, prices: {Standard: 5}}]}\n");
  EXPECT_EQ(imports.catalogue.date(DateId{1})->seats.size(), 50U);
}

TEST(PlanImport, the_same_document_again_changes_nothing) {
  for (const auto& [event_id, date_id] : {std::pair(", id: 7", ", id: 9"), std::pair("", "")}) {
    Imports imports;
    const std::string text = night(event_id, date_id);
    imports.import(text);
    const auto again = imports.plan(text);
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->changes.empty());
    EXPECT_THAT(again->summary.added, IsEmpty());
    EXPECT_THAT(again->summary.changed, IsEmpty());
    EXPECT_EQ(again->summary.left.size(), 3U);
  }
}

TEST(PlanImport, a_date_with_an_id_and_one_without_may_start_together) {
  Imports imports;
  const std::string text =
      kClub + "events:\n- {name: Night, " + kSale +
      ", dates: [{id: 4, starts_at: 2036-02-01T19:00:00Z, layout: club, prices: {Standard: 1}}, "
      "{starts_at: 2036-02-01T19:00:00Z, layout: club, prices: {Standard: 1}}]}\n";
  imports.import(text);
  EXPECT_EQ(imports.catalogue.dates.size(), 2U);
  EXPECT_TRUE(imports.plan(text)->changes.empty());
}

TEST(PlanImport, gives_no_id_that_a_document_names) {
  Imports imports;
  imports.import(kClub + "events:\n- {name: Given later, " + kSale + "}\n- {id: 1, name: Named, " + kSale +
                 "}\n- {id: 2, name: Also named, " + kSale + "}\n");
  EXPECT_EQ(imports.catalogue.events.size(), 3U);
  EXPECT_EQ(imports.catalogue.event(EventId{1})->name, "Named");
}

TEST(PlanImport, says_which_fields_changed) {
  Imports imports;
  imports.import(night(", id: 7, performer: A, queue: {people: 5}", ", id: 9"));
  std::string text = night(", id: 7, performer: B, queue: {people: 6}", ", id: 9");
  text.replace(text.find("Standard: 1000"), 14, "Standard: 2000");
  EXPECT_THAT(imports.import(text).changed,
              ElementsAre("event 7 Night: performer, queue.people",
                          "date 9 of event 7 (2036-02-01T19:00:00.000Z, 3 seats): prices"));
  EXPECT_EQ(imports.catalogue.event(EventId{7})->queue.people, 6);
  EXPECT_EQ(imports.catalogue.date(DateId{9})->categories[0].price, Won{2000});
}

TEST(PlanImport, keeps_ids_of_seats_and_categories_when_prices_change) {
  Imports imports;
  imports.import(night(", id: 7", ", id: 9"));
  const EventDate before = *imports.catalogue.date(DateId{9});
  std::string text = night(", id: 7", ", id: 9");
  text.replace(text.find("Standard: 1000"), 14, "Standard: 2000");
  imports.taken = {before.first_seat};
  imports.import(text);
  const EventDate& after = *imports.catalogue.date(DateId{9});
  EXPECT_EQ(after.first_seat, before.first_seat);
  EXPECT_EQ(after.categories[0].id, before.categories[0].id);
  EXPECT_EQ(after.created_at, before.created_at);
}

TEST(PlanImport, leaves_what_the_document_does_not_mention) {
  Imports imports;
  imports.import(night(", id: 7", ", id: 9"));
  imports.import("events:\n- {id: 8, name: Other, " + kSale + "}\n");
  EXPECT_TRUE(imports.catalogue.event(EventId{7}));
  EXPECT_FALSE(imports.catalogue.date(DateId{9})->deleted_at);
}

TEST(PlanImport, does_not_open_a_closed_event_that_the_document_does_not_call_closed) {
  Imports imports;
  imports.import(night(", id: 7, closed: true, paused: true", ", id: 9"));
  imports.import(night(", id: 7", ", id: 9"));
  EXPECT_TRUE(imports.catalogue.event(EventId{7})->closed);
  EXPECT_TRUE(imports.catalogue.event(EventId{7})->paused);
}

TEST(PlanImport, keeps_what_an_operator_changed_and_lists_it_R_K4) {
  Imports imports;
  const std::string text = night(", id: 7, queue: {capacity: 1000, people: 5}", ", id: 9");
  imports.import(text);
  imports.edit([](EventDocument& event, DateDocument& date) {
    event.queue->capacity = 7;
    event.closed = true;
    event.on_sale.until = *parse_rfc3339("2030-01-01T00:00:00Z");
    event.policy->refund_until = *parse_rfc3339("2029-01-01T00:00:00Z");
    date.prices["Standard"] = Won{1};
  });
  const auto summary = imports.import(text);
  EXPECT_THAT(
      summary.kept,
      ElementsAre("event 7: on_sale.until, file 2036-01-01T00:00:00.000Z, now 2030-01-01T00:00:00.000Z",
                  "event 7: capacity, file 1000, now 7", "date 9: prices.Standard, file 1000, now 1"));
  EXPECT_THAT(summary.changed, IsEmpty());
  EXPECT_EQ(imports.event().queue.capacity, 7);
  EXPECT_TRUE(imports.event().closed) << "the file leaves it out";
  EXPECT_TRUE(imports.event().policy.refund_until) << "the file leaves it out";
  EXPECT_EQ(imports.date().categories[0].price, Won{1});

  const auto later = imports.import(night(", id: 7, queue: {capacity: 2000, people: 6}", ", id: 9"));
  EXPECT_EQ(later.kept.size(), 3U) << "an operator's also where the file has changed since";
  EXPECT_THAT(later.changed, ElementsAre("event 7 Night: queue.people")) << "all else follows the file";
  EXPECT_EQ(imports.event().queue.capacity, 7);
}

TEST(PlanImport, an_operator_who_takes_a_change_back_gives_the_field_back_to_the_file) {
  Imports imports;
  imports.import(night(", id: 7, queue: {capacity: 1000}", ", id: 9"));
  imports.edit([](EventDocument& event, DateDocument&) { event.queue->capacity = 7; });
  imports.import(night(", id: 7, queue: {capacity: 1000}", ", id: 9"));
  imports.edit([](EventDocument& event, DateDocument&) { event.queue->capacity = 1000; });
  EXPECT_THAT(imports.import(night(", id: 7, queue: {capacity: 3000}", ", id: 9")).kept, IsEmpty());
  EXPECT_EQ(imports.event().queue.capacity, 3000);
}

TEST(PlanImport, overwrites_what_an_operator_changed_where_it_is_told_to) {
  Imports imports;
  const std::string text = night(", id: 7, queue: {capacity: 1000}", ", id: 9");
  imports.import(text);
  imports.edit([](EventDocument& event, DateDocument&) {
    event.queue->capacity = 7;
    event.queue->people = 8;
  });
  imports.rule = PlanRule::overwrite;
  const auto summary = imports.import(text);
  EXPECT_THAT(summary.changed, ElementsAre("event 7 Night: queue.capacity"));
  EXPECT_THAT(summary.kept, IsEmpty());
  EXPECT_EQ(imports.event().queue.people, 8) << "the file leaves it out";
  imports.rule = PlanRule::keep_changes;
  EXPECT_THAT(imports.import(text).kept, IsEmpty());
}

TEST(PlanImport, a_field_that_the_file_leaves_out_keeps_its_value) {
  Imports imports;
  imports.import(night(", id: 7, performer: A, queue: {admission: capacity}, policy: {seats_per_user: 2}",
                       ", id: 9, booking: {from: 2026-01-01T00:00:00Z, until: 2027-01-01T00:00:00Z}"));
  EXPECT_THAT(imports.import(night(", id: 7", ", id: 9")).changed, IsEmpty());
  EXPECT_EQ(imports.event().performer, "A");
  EXPECT_EQ(imports.event().queue.admission, Admission::capacity);
  EXPECT_EQ(imports.event().policy.seats_per_user, 2);
  EXPECT_EQ(imports.date().booking.until, *parse_rfc3339("2027-01-01T00:00:00Z"));
}

TEST(PlanImport, a_field_that_a_file_names_for_the_first_time_follows_it) {
  Imports imports;
  imports.import(night(", id: 7", ", id: 9"));
  const auto summary =
      imports.import(night(", id: 7, queue: {people: 5}, policy: {refund_until: 2030-01-01T00:00:00Z}",
                           ", id: 9, booking: {from: 2026-01-01T00:00:00Z, until: 2027-01-01T00:00:00Z}"));
  EXPECT_THAT(summary.kept, IsEmpty());
  EXPECT_EQ(imports.event().queue.people, 5);
  EXPECT_TRUE(imports.event().policy.refund_until);
  EXPECT_EQ(imports.date().booking.until, *parse_rfc3339("2027-01-01T00:00:00Z"));
}

TEST(PlanImport, keeps_whatever_differs_where_nothing_was_imported_yet) {
  Imports imports;
  imports.import(night(", id: 7", ", id: 9"));
  for (auto& [id, row] : imports.catalogue.events) const_cast<Event&>(*row).imported.clear();
  for (auto& [id, row] : imports.catalogue.dates) const_cast<EventDate&>(*row).imported.clear();
  const std::string text = night(", id: 7, queue: {people: 5}", ", id: 9");
  EXPECT_THAT(imports.import(text).kept, ElementsAre("event 7: people, file 5, now 3000"));
  EXPECT_EQ(imports.event().queue.people, 3000);
  EXPECT_THAT(imports.import(text).kept, ElementsAre("event 7: people, file 5, now 3000"));
}

TEST(PlanImport, knows_an_event_and_a_date_that_an_operator_renamed_moved_or_took_away) {
  Imports imports;
  imports.import(night(", id: 7", ", id: 9"));
  const std::string text = night("", "");  // without ids
  imports.edit([](EventDocument& event, DateDocument& date) {
    event.name = "Gala";
    date.starts_at = *parse_rfc3339("2036-02-02T19:00:00Z");
    date.deleted = true;
  });
  const auto summary = imports.import(text);
  EXPECT_THAT(summary.added, IsEmpty());
  EXPECT_THAT(summary.kept, ElementsAre("event 7: name, file Night, now Gala",
                                        "date 9: starts_at, file 2036-02-01T19:00:00.000Z, now "
                                        "2036-02-02T19:00:00.000Z"));
  EXPECT_TRUE(imports.date().deleted_at);
}

TEST(PlanImport, refuses_a_mixture_of_file_and_changes_that_makes_no_sense) {
  Imports imports;
  imports.import(night(", id: 7, queue: {active_ttl: 5m, visit_max: 30m}", ", id: 9"));
  imports.edit([](EventDocument& event, DateDocument&) { event.queue->visit_max = Millis(360'000); });
  const std::string text = night(", id: 7, queue: {active_ttl: 10m, visit_max: 30m}", ", id: 9");
  EXPECT_THAT(imports.errors(text), ElementsAre(testing::AllOf(HasSubstr("events[0].queue.visit_max"),
                                                               HasSubstr("together with what is stored"))));
  imports.rule = PlanRule::overwrite;
  EXPECT_THAT(imports.errors(text), IsEmpty());
}

TEST(PlanImport, an_edit_of_an_operator_leaves_no_trace_of_an_import) {
  Imports imports;
  imports.import(night(", id: 7", ", id: 9"));
  const std::string before = imports.event().imported;
  imports.edit([](EventDocument& event, DateDocument&) { event.venue = "Elsewhere"; });
  EXPECT_EQ(imports.event().imported, before);
  EXPECT_EQ(imports.event().venue, "Elsewhere");
}

TEST(PlanImport, booking_windows_that_are_the_sale_window_move_with_it) {
  Imports imports;
  imports.import(night(", id: 7", ", id: 9"));
  const auto summary = imports.import(
      "events:\n- {id: 7, name: Night, on_sale: {from: 2026-02-01T00:00:00Z, until: "
      "2036-01-01T00:00:00Z}}\n");
  EXPECT_THAT(summary.changed, ElementsAre("event 7 Night: on_sale", HasSubstr("seats): booking")));
  EXPECT_EQ(imports.catalogue.date(DateId{9})->booking.from, *parse_rfc3339("2026-02-01T00:00:00Z"));
}

TEST(PlanImport, refuses_to_take_away_held_or_sold_seats_by_name) {
  Imports imports;
  imports.import(night(", id: 7", ", id: 9"));
  const SeatId first = imports.catalogue.date(DateId{9})->first_seat;
  imports.taken = {first, SeatId{first.value + 2}};
  std::string smaller = night(", id: 7", ", id: 9");
  smaller.replace(smaller.find("seats: 3"), 8, "seats: 2");
  std::string later = night(", id: 7", ", id: 9");
  later.replace(later.find("02-01T19"), 8, "02-02T19");
  const std::string deleted = night(", id: 7", ", id: 9, deleted: true");
  const std::string seats =
      "date 9 of event 7 (2036-02-01T19:00:00.000Z, 3 seats): seat 1, seat 3 are held or sold";
  EXPECT_THAT(imports.errors(smaller),
              ElementsAre("events[0].dates[0].layout: cannot change the layout of " + seats));
  EXPECT_THAT(imports.errors(later),
              ElementsAre("events[0].dates[0].starts_at: cannot move the start of " + seats));
  EXPECT_THAT(imports.errors(deleted),
              ElementsAre("events[0].dates[0].deleted: cannot take away the seats of " + seats));
  EXPECT_EQ(imports.plan(deleted).error().code, Code::SEAT_OCCUPIED);
}

TEST(PlanImport, asks_about_seats_only_where_they_are_at_stake) {
  Imports imports;
  imports.import(night(", id: 7", ", id: 9"));
  imports.import(night(", id: 7, venue: Elsewhere", ", id: 9"));
  EXPECT_THAT(imports.asked, IsEmpty());
  imports.import(night(", id: 7", ", id: 9, deleted: true"));
  EXPECT_THAT(imports.asked, ElementsAre(DateId{9}));
  EXPECT_EQ(imports.catalogue.date(DateId{9})->deleted_at, kImportedAt);
}

TEST(PlanImport, a_date_keeps_its_layout_even_when_nobody_has_a_seat) {
  Imports imports;
  imports.import(night(", id: 7", ", id: 9"));
  std::string greater = night(", id: 7", ", id: 9");
  greater.replace(greater.find("seats: 3"), 8, "seats: 4");
  EXPECT_THAT(imports.errors(greater), ElementsAre(HasSubstr("the layout of a date cannot change")));
}

TEST(PlanImport, a_layout_may_change_for_dates_to_come) {
  Imports imports;
  imports.import(night(", id: 7", ", id: 9"));
  imports.import("layouts:\n  club: {seats: 4, category: Standard}\n");
  EXPECT_TRUE(imports.plan(
      "events:\n- {id: 7, name: Night, " + kSale +
      ", dates: [{id: 9, starts_at: 2036-02-01T19:00:00Z, layout: club, prices: {Standard: 5}}]}\n"))
      << "a document that does not define the layout means the seats the date has";
  imports.import(
      "events:\n- {id: 7, name: Night, " + kSale +
      ", dates: [{id: 10, starts_at: 2036-02-02T19:00:00Z, layout: club, prices: {Standard: 5}}]}\n");
  EXPECT_EQ(imports.catalogue.date(DateId{9})->seats.size(), 3U);
  EXPECT_EQ(imports.catalogue.date(DateId{10})->seats.size(), 4U);
}

TEST(PlanImport, a_layout_may_get_shapes_when_seats_are_sold_R_C9) {
  Imports imports;
  const std::string date =
      "events:\n- {id: 7, name: Night, " + kSale +
      ", dates: [{id: 9, starts_at: 2036-02-01T19:00:00Z, layout: hall, prices: {VIP: 2, Regular: 1}}]}\n";
  imports.import(kHall + date);
  imports.taken = {imports.date().first_seat};
  std::string shaped = kHall;
  const std::string shape = ", at: [0, 5]";
  for (std::size_t end = 0; (end = shaped.find("}\n", end)) != shaped.npos; end += shape.size() + 2)
    shaped.insert(end, shape);
  const auto summary = imports.import(shaped + date);
  EXPECT_THAT(summary.changed, ElementsAre("layout hall"));
  EXPECT_EQ(imports.catalogue.layouts.at("hall").sections[2].at, (Point{0, 5}));
  EXPECT_THAT(imports.import(shaped + date).changed, IsEmpty());
  EXPECT_THAT(imports.asked, IsEmpty());
}

TEST(PlanImport, refuses_all_or_nothing_with_every_error) {
  Imports imports;
  imports.import(night(", id: 7", ", id: 9"));
  EXPECT_THAT(
      imports.errors(
          "events:\n- {id: 8, name: Other, " + kSale +
          ", dates: [{id: 9, starts_at: 2036-02-01T19:00:00Z, layout: club, prices: {Standard: 5}}, "
          "{starts_at: 2036-02-02T19:00:00Z, layout: arena, prices: {Standard: 5}}, "
          "{starts_at: 2036-02-03T19:00:00Z, layout: club, prices: {VIP: 5}}]}\n"),
      ElementsAre(
          "events[0].dates[0].id: belongs to date 9 of event 7 (2036-02-01T19:00:00.000Z, 3 seats)",
          "events[0].dates[1].layout: is arena, which is not a layout; known layouts: club",
          "events[0].dates[2].prices: must give a price for the category Standard",
          "events[0].dates[2].prices.VIP: is not a category of its layout; known categories: Standard"));
  EXPECT_FALSE(imports.catalogue.event(EventId{8}));
}

TEST(PlanImport, refuses_a_name_that_two_events_have) {
  Imports imports;
  imports.import("events:\n- {id: 7, name: Night, " + kSale + "}\n- {id: 8, name: Night, " + kSale + "}\n");
  EXPECT_THAT(imports.errors("events:\n- {name: Night, " + kSale + "}\n"),
              ElementsAre("events[0].name: matches both event 7 Night and event 8 Night; give the id"));
}

TEST(SeatNames, names_ten_and_counts_the_rest) {
  Imports imports;
  imports.import("events:\n- {id: 1, name: N, " + kSale +
                 ", dates: [{id: 1, starts_at: 2036-02-01T19:00:00Z, prices: {Standard: 5}}]}\n");
  const EventDate& date = *imports.catalogue.date(DateId{1});
  std::vector<SeatId> seats;
  for (std::size_t i = 0; i < 12; ++i) seats.push_back(date.seat_id(i));
  EXPECT_THAT(seat_names(date, seats), StartsWith("seat 1, seat 2, "));
  EXPECT_THAT(seat_names(date, seats), testing::EndsWith("seat 10 and 2 more"));
}

}  // namespace
}  // namespace stagedoor::catalogue
