// The read model: what it shows follows the batches (R-C1 – R-C9), also while many read.
#include "modules/catalogue/read_model.h"

#include <gmock/gmock.h>

#include <thread>

#include "support/at.h"

namespace stagedoor::catalogue {
namespace {

using test::at;
using testing::HasSubstr;
using testing::Not;

const TimePoint kNow = at("2026-06-01T00:00:00Z");

// What a store hands out at start; nothing else is asked of it.
struct StartRows final : StartupState {
  Catalogue rows;
  std::vector<Reservation> taking;
  std::vector<SeatId> blocks;

  Catalogue catalogue() override { return rows; }
  void read(const StartupRows& to) override {
    for (const auto& row : taking)
      if (to.reservation) to.reservation(row);
    for (const auto& seat : blocks)
      if (to.block) to.block({seat, true});
  }
  std::int64_t ids_reserved_to() override { return 1; }
  TimePoint latest_moment() override { return {}; }
  std::string ticket_secret() override { return {}; }
};

// One event (1) with one date (7) of `seats` seats from id 100.
CatalogueChanges one_date(std::size_t seats) {
  CatalogueChanges changes;
  Event event;
  event.id = EventId{1};
  event.name = "Night";
  event.on_sale = {at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z")};
  EventDate date;
  date.id = DateId{7};
  date.event = event.id;
  date.starts_at = at("2027-02-01T10:00:00Z");
  date.booking = event.on_sale;
  date.first_seat = SeatId{100};
  date.sections = {""};
  date.categories = {{CategoryId{5}, "Standard", Won{1000}}};
  for (std::size_t i = 1; i <= seats; ++i) {
    date.seats.push_back(
        {.number = std::int32_t(i), .number_in_row = std::int32_t(i), .section = 0, .row = 0, .category = 0});
  }
  changes.events.push_back(event);
  changes.dates.push_back(date);
  return changes;
}

Reservation reservation(std::int64_t id, std::int64_t seat, ReservationStatus status) {
  Reservation row;
  row.id = ReservationId{id};
  row.seat = SeatId{seat};
  row.date = DateId{7};
  row.event = EventId{1};
  row.status = status;
  row.price = Won{1000};
  return row;
}

struct Fed {
  ReadModel read_model;

  explicit Fed(std::size_t seats = 3) { commit(one_date(seats)); }
  void commit(CatalogueChanges changes) {
    Batch batch;
    batch.catalogue = std::move(changes);
    read_model.on_commit(batch);
  }
  void commit(const std::vector<std::pair<Reservation, std::optional<Reservation>>>& rows) {
    Batch batch;
    for (const auto& [row, stored] : rows) batch.reservations.put(row.id, row, stored ? &*stored : nullptr);
    read_model.on_commit(batch);
  }
  void commit(const Reservation& row, const std::optional<Reservation>& stored = std::nullopt) {
    commit({{row, stored}});
  }
  void block(std::int64_t seat, bool blocked) {
    Batch batch;
    const SeatBlock before{SeatId{seat}, !blocked};
    batch.blocks.put(SeatId{seat}, {SeatId{seat}, blocked}, &before);
    read_model.on_commit(batch);
  }
  std::string seats(std::optional<SeatStatus> status = std::nullopt) {
    const auto page = read_model.seats(DateId{7}, status);
    return page ? *(*page)->plain().body : page.error().message;
  }
  std::string free_seats() {  // "100 101"
    std::string ids;
    const std::string body = seats(SeatStatus::AVAILABLE);
    for (std::size_t i = body.find("{\"id\":1"); i != body.npos; i = body.find("{\"id\":1", i + 1)) {
      ids += (ids.empty() ? "" : " ") + body.substr(i + 6, 3);
    }
    return ids;
  }
};

TEST(ReadModel, shows_a_hold_as_soon_as_it_is_committed_and_frees_it_when_it_ends) {
  Fed fed;
  EXPECT_EQ(fed.free_seats(), "100 101 102");
  const auto held = reservation(1, 101, ReservationStatus::RESERVED);
  fed.commit(held);
  EXPECT_EQ(fed.free_seats(), "100 102");
  for (const auto ended : {ReservationStatus::CANCELLED, ReservationStatus::REFUNDED}) {
    fed.commit(reservation(1, 101, ended), held);
    EXPECT_EQ(fed.free_seats(), "100 101 102");
    fed.commit(held, reservation(1, 101, ended));
  }
  fed.commit(reservation(1, 101, ReservationStatus::PAID), held);
  EXPECT_EQ(fed.free_seats(), "100 102");
}

TEST(ReadModel, a_seat_lapsed_and_held_again_in_one_batch_stays_taken) {
  Fed fed;
  const auto first = reservation(1, 101, ReservationStatus::RESERVED);
  const auto lapsed = reservation(1, 101, ReservationStatus::CANCELLED);
  const auto second = reservation(2, 101, ReservationStatus::RESERVED);
  fed.commit(first);
  fed.commit({{lapsed, first}, {second, std::nullopt}});
  EXPECT_EQ(fed.free_seats(), "100 102");
  fed.commit(second, second);
  fed.commit({{second, second}, {lapsed, lapsed}});
  EXPECT_EQ(fed.free_seats(), "100 102") << "an old hold written again frees nothing";
}

TEST(ReadModel, shows_blocked_seats_as_occupied_R_S12) {
  Fed fed;
  fed.block(100, true);
  EXPECT_EQ(fed.free_seats(), "101 102");
  fed.commit(reservation(1, 100, ReservationStatus::RESERVED));
  fed.block(100, false);
  EXPECT_EQ(fed.free_seats(), "101 102") << "taken still";
  EXPECT_EQ(fed.read_model.left(DateId{7}), 2);
}

TEST(ReadModel, tells_when_no_seat_is_left_R_C7) {
  Fed fed(1);
  fed.commit(reservation(1, 100, ReservationStatus::RESERVED));
  const auto page = fed.read_model.seats(DateId{7}, std::nullopt);
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, Code::NO_SEAT_AVAILABLE);
  EXPECT_THAT(*fed.read_model.events(EventStatus::ON_SALE, kNow)->plain().body, HasSubstr("\"id\":1"))
      << "the hold may lapse";
  EXPECT_THAT(*(*fed.read_model.dates(EventId{1}, DatesWanted::bookable, kNow))->plain().body,
              Not(HasSubstr("\"id\"")));
}

TEST(ReadModel, counts_seats_left_everywhere_as_of_the_version_its_tag_names_R_C7) {
  Fed fed;
  const auto dates = [&] { return *fed.read_model.dates(EventId{1}, DatesWanted::bookable, kNow); };
  const auto before = dates();
  fed.commit(reservation(1, 101, ReservationStatus::RESERVED));
  EXPECT_THAT(*dates()->plain().body, HasSubstr(R"("seatCount":2,"totalSeats":3)"));
  EXPECT_THAT(*fed.read_model.events(std::nullopt, kNow)->plain().body,
              HasSubstr(R"("seatCount":2,"totalSeats":3)"));
  EXPECT_THAT(*(*fed.read_model.event(EventId{1}, kNow))->plain().body,
              HasSubstr(R"("seatCount":2,"totalSeats":3)"));
  EXPECT_NE(dates()->plain().tag, before->plain().tag);
  fed.commit(reservation(1, 101, ReservationStatus::CANCELLED),
             reservation(1, 101, ReservationStatus::RESERVED));
  EXPECT_EQ(dates()->plain().tag, before->plain().tag) << "the same bytes have the same tag";
}

TEST(ReadModel, an_event_opens_by_itself_when_its_window_does) {
  Fed fed;
  const TimePoint opening = at("2026-01-01T00:00:00Z");
  EXPECT_THAT(*fed.read_model.events(std::nullopt, opening - Millis(1))->plain().body, HasSubstr("UPCOMING"));
  EXPECT_THAT(*fed.read_model.events(std::nullopt, opening)->plain().body, HasSubstr("ON_SALE"));
}

TEST(ReadModel, keeps_what_is_taken_when_the_catalogue_changes) {
  Fed fed;
  fed.commit(reservation(1, 101, ReservationStatus::RESERVED));
  auto changes = one_date(3);
  changes.dates[0].categories[0].price = Won{2000};
  changes.events[0].name = "Other";
  fed.commit(changes);
  EXPECT_EQ(fed.free_seats(), "100 102");
  EXPECT_THAT(fed.seats(), HasSubstr("\"price\":2000"));
  EXPECT_EQ(fed.read_model.catalogue()->event(EventId{1})->name, "Other");
  EXPECT_THAT(*fed.read_model.events(std::nullopt, kNow)->plain().body, HasSubstr("Other"));
  EXPECT_EQ(fed.read_model.sales(EventId{1}).holds, 1);
}

std::string body_of(const Result<PageTicket>& page) { return *page.value()->plain().body; }

// A cancelled date goes on fifty times a second (R-O1), and pages of all events are made as seldom as before
// (R-C8).
TEST(ReadModel, keeps_its_pages_while_only_a_cancellation_goes_on) {
  Fed fed;
  const auto pages = [&] {
    const auto list = fed.read_model.events(std::nullopt, kNow);
    return std::pair(list.page, fed.read_model.event(EventId{1}, kNow)->page);
  };
  const auto before = pages();
  CatalogueChanges piece;
  DateCancellation& row = piece.cancellations.emplace_back();
  row.date = DateId{7};
  row.seats_done = 2;
  fed.commit(piece);
  EXPECT_EQ(pages(), before);
  EXPECT_EQ(fed.read_model.catalogue()->cancellation(DateId{7})->seats_done, 2);
  fed.commit(one_date(3));
  EXPECT_NE(pages(), before) << "the date was changed";
}

TEST(ReadModel, shows_bits_of_what_is_free_in_a_date_that_is_sold_out_too_R_C9) {
  Fed fed;
  const auto availability = [&] { return body_of(fed.read_model.availability(DateId{7})); };
  const std::string all_free = availability();
  EXPECT_THAT(all_free, HasSubstr(R"("seatCount":3,"totalSeats":3,"bits":"Bw")"));
  fed.commit(reservation(1, 101, ReservationStatus::RESERVED));
  EXPECT_THAT(availability(), HasSubstr(R"("seatCount":2,"totalSeats":3,"bits":"BQ")"));
  fed.block(100, true);
  fed.block(102, true);
  EXPECT_THAT(availability(), HasSubstr(R"("seatCount":0,"totalSeats":3,"bits":"AA")"));
  fed.block(100, false);
  fed.block(102, false);
  fed.commit(reservation(1, 101, ReservationStatus::CANCELLED),
             reservation(1, 101, ReservationStatus::RESERVED));
  EXPECT_EQ(availability(), all_free);
}

TEST(ReadModel, follows_a_layout_that_gets_shapes_and_keeps_the_version_when_only_seats_change_R_C9) {
  Fed fed;
  auto changes = one_date(3);
  changes.dates[0].layout = "row";
  changes.dates[0].sections = {"A"};
  for (Seat& seat : changes.dates[0].seats) seat.row = 1;
  changes.layouts = {{"row", Layout{.category = "", .sections = {{"A", 1, 3, "Standard"}}}}};
  fed.commit(changes);
  const auto layout = [&] { return body_of(fed.read_model.layout(DateId{7})); };
  const std::string laid_out = layout();
  EXPECT_THAT(laid_out, HasSubstr(R"("at":[0,4],"angle":0,"curve":0)"));
  fed.commit(reservation(1, 101, ReservationStatus::RESERVED));
  EXPECT_EQ(layout(), laid_out);
  CatalogueChanges shapes;
  shapes.layouts = {
      {"row", Layout{.category = "", .sections = {{"A", 1, 3, "Standard", Point{2.5, 7}, 90, 0}}}}};
  fed.commit(shapes);
  EXPECT_THAT(layout(), HasSubstr(R"("at":[2.5,7],"angle":90,"curve":0)"));
  EXPECT_EQ(fed.read_model.left(DateId{7}), 2) << "who has a seat keeps it";
  const auto page = [&] { return fed.read_model.layout(DateId{7})->page; };
  const auto before = page();
  shapes.layouts[0].first = "another";
  fed.commit(shapes);
  EXPECT_EQ(page(), before) << "it is not made again";
}

TEST(ReadModel, does_not_show_the_seats_of_a_deleted_date) {
  Fed fed;
  auto changes = one_date(3);
  changes.dates[0].deleted_at = kNow;
  fed.commit(changes);
  EXPECT_EQ(fed.read_model.seats(DateId{7}, std::nullopt).error().code, Code::EVENT_DATE_NOT_FOUND);
  EXPECT_EQ(fed.read_model.layout(DateId{7}).error().code, Code::EVENT_DATE_NOT_FOUND);
  EXPECT_EQ(fed.read_model.availability(DateId{7}).error().code, Code::EVENT_DATE_NOT_FOUND);
  EXPECT_FALSE(fed.read_model.event_of(DateId{7}));
}

TEST(ReadModel, refuses_what_is_not_there) {
  Fed fed;
  EXPECT_EQ(fed.read_model.event(EventId{2}, kNow).error().code, Code::EVENT_NOT_FOUND);
  EXPECT_EQ(fed.read_model.dates(EventId{2}, DatesWanted::all, kNow).error().code, Code::EVENT_NOT_FOUND);
  EXPECT_EQ(fed.read_model.seats(DateId{8}, std::nullopt).error().code, Code::EVENT_DATE_NOT_FOUND);
}

TEST(ReadModel, begins_with_what_the_store_has) {
  StartRows store;
  const auto changes = one_date(3);
  store.rows = Catalogue();
  store.rows.events[EventId{1}] = std::make_shared<const Event>(changes.events[0]);
  store.rows.dates[DateId{7}] = std::make_shared<const EventDate>(changes.dates[0]);
  store.rows.dates_by_first_seat[SeatId{100}] = DateId{7};
  store.taking = {reservation(1, 100, ReservationStatus::PAID)};
  store.blocks = {SeatId{102}};
  Fed fed;
  fed.read_model.load(store);
  EXPECT_EQ(fed.free_seats(), "101");
  EXPECT_EQ(fed.read_model.sales(EventId{1}).revenue, Won{1000});
}

TEST(ReadModel, counts_holds_sales_and_revenue) {
  Fed fed;
  const auto held = reservation(1, 101, ReservationStatus::RESERVED);
  const auto pending = reservation(1, 101, ReservationStatus::PENDING);
  const auto paid = reservation(1, 101, ReservationStatus::PAID);
  const auto refunded = reservation(1, 101, ReservationStatus::REFUNDED);
  const auto expect = [&](std::int64_t holds, std::int64_t sold, std::int64_t revenue) {
    const Sales sales = fed.read_model.sales(EventId{1});
    EXPECT_EQ(sales.holds, holds);
    EXPECT_EQ(sales.sold, sold);
    EXPECT_EQ(sales.revenue, Won{revenue});
  };
  fed.commit(held);
  expect(1, 0, 0);
  fed.commit(pending, held);
  expect(1, 0, 0);
  fed.commit(paid, pending);
  expect(0, 1, 1000);
  fed.commit(refunded, paid);
  expect(0, 0, 0);
}

// Readers of every kind while batches come in: no race (run it under tsan), no torn answer, and at the end
// the truth.
TEST(ReadModel, many_may_read_while_the_lane_feeds_it) {
  constexpr std::int64_t kSeats = 2000;
  constexpr int kRounds = 30;  // of each reader
  Fed fed(kSeats);
  std::atomic<int> reading{3};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&, i] {
      for (int round = 0; round < kRounds; ++round) {
        const auto status = i == 0 ? std::optional(SeatStatus::AVAILABLE) : std::nullopt;
        const auto seats = fed.read_model.seats(DateId{7}, status);
        ASSERT_TRUE(seats && (*seats)->plain().body->ends_with("}]}}"));
        EXPECT_FALSE(i == 1 && (*seats)->gzip().body->empty());
        EXPECT_TRUE(fed.read_model.dates(EventId{1}, DatesWanted::all, kNow));
        EXPECT_TRUE(fed.read_model.event(EventId{1}, kNow));
        EXPECT_TRUE(fed.read_model.events(std::nullopt, kNow).page);
        EXPECT_TRUE(fed.read_model.catalogue()->date(DateId{7}));
      }
      --reading;
    });
  }
  // Every seat but the last is held, freed, held again, …, and in between the price changes.
  for (bool hold = true; reading > 0 || !hold; hold = !hold) {
    for (std::int64_t i = 0; i + 1 < kSeats; ++i) {
      const auto held = reservation(i + 1, 100 + i, ReservationStatus::RESERVED);
      if (hold) fed.commit(held);
      else fed.commit(reservation(i + 1, 100 + i, ReservationStatus::CANCELLED), held);
    }
    auto changes = one_date(kSeats);
    changes.dates[0].categories[0].price = Won{hold ? 1000 : 2000};
    fed.commit(changes);
  }
  for (auto& reader : readers) reader.join();
  for (std::int64_t i = 0; i + 1 < kSeats; ++i)
    fed.commit(reservation(i + 1, 100 + i, ReservationStatus::RESERVED));
  EXPECT_EQ(fed.read_model.left(DateId{7}), 1);
  const auto is_newest = [&] {  // a large map may be stale by ten times its cost
    const std::string free = fed.seats(SeatStatus::AVAILABLE);
    return free.find("\"seatNumber\":2000") == free.find("\"seatNumber\":");
  };
  const auto begin = PageSlot::Clock::now();
  while (!is_newest() && PageSlot::Clock::now() - begin < std::chrono::seconds(10)) {
  }
  EXPECT_EQ(fed.seats(SeatStatus::AVAILABLE).find("\"seatNumber\":2000"),
            fed.seats(SeatStatus::AVAILABLE).find("\"seatNumber\":"));
  EXPECT_THAT(*(*fed.read_model.dates(EventId{1}, DatesWanted::all, kNow))->plain().body,
              HasSubstr("\"seatCount\":1,"));
}

}  // namespace
}  // namespace stagedoor::catalogue
