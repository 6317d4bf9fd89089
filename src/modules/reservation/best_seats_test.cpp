#include "modules/reservation/best_seats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "support/stage.h"

namespace stagedoor::reservation {
namespace {

using namespace test;

// Dates of fifty seats, in rows of ten, with their committed seat maps, and what a lane does with them.
struct Dates {
  std::map<DateId, EventDate> dates;
  std::map<DateId, std::shared_ptr<catalogue::SeatMap>> seat_maps;
  View view;
  BestSeats best{[this](DateId id) { return seat_maps.at(id); }};

  explicit Dates(int count) {
    auto catalogue = std::make_shared<Catalogue>();
    for (std::int64_t id = 1; id <= count; ++id) {
      const EventDate& date = dates[{id}] = fifty_seats({id}, kClubNight, kPrice);
      seat_maps[{id}] = std::make_shared<catalogue::SeatMap>(date);
      catalogue->dates[{id}] = std::make_shared<EventDate>(date);
      catalogue->dates_by_first_seat[date.first_seat] = {id};
    }
    view.catalogue = std::move(catalogue);
  }
  // The number of the best single seat of date 1.
  std::int64_t best_seat(TimePoint now = kNow) {
    return std::int64_t(*best.of(dates.at({1}), view, now).find({}, 1, now).first) + 1;
  }
  static Reservation hold_of(int number) {
    return {.id = {100 + number},
            .seat = Stage::seat(number),
            .date = {1},
            .event = kClubNight,
            .user = user_id(1),
            .expires_at = kNow + Millis(300'000)};
  }
  void decide(const Reservation& row) {
    Changes changes;
    changes.reservations.push_back(row);
    view.apply(changes);
  }
  // A commit of this instance or of another one: the read model is first.
  void commit(const Reservation& row) {
    catalogue::SeatMap::Edit(*seat_maps.at({1}))
        .take(std::size_t(row.seat.value - 1001), row.id, row.expires_at);
    Batch batch;
    batch.now = kNow;
    batch.reservations.put(row.id, row, nullptr);
    best.on_commit(batch);
  }
};

// R-S13
TEST(BestSeatsOfDates, follow_the_batch) {
  Dates dates(1);
  EXPECT_EQ(dates.best_seat(), 5);
  dates.decide(Dates::hold_of(5));
  EXPECT_EQ(dates.best_seat(), 6);
  dates.decide(Dates::hold_of(6));
  EXPECT_EQ(dates.best_seat(), 15);
}

// R-S13: also if they are first asked for in the midst of it.
TEST(BestSeatsOfDates, know_what_the_batch_did_before_they_were_asked_for) {
  Dates dates(1);
  dates.decide(Dates::hold_of(5));
  EXPECT_EQ(dates.best_seat(), 6);
  dates.view.end_batch();
  EXPECT_EQ(dates.best_seat(), 5);
}

// R-S13: what is decided again is decided on the same seats.
TEST(BestSeatsOfDates, forget_a_batch_that_failed) {
  Dates dates(1);
  EXPECT_EQ(dates.best_seat(), 5);
  dates.decide(Dates::hold_of(5));
  EXPECT_EQ(dates.best_seat(), 6);
  dates.view.end_batch();
  EXPECT_EQ(dates.best_seat(), 5);
  dates.decide(Dates::hold_of(4));
  EXPECT_EQ(dates.best_seat(), 5);
}

// R-M2: a batch of another instance comes after one that failed, and before the next.
TEST(BestSeatsOfDates, have_the_commits_of_all_instances) {
  Dates dates(1);
  dates.decide(Dates::hold_of(5));
  EXPECT_EQ(dates.best_seat(), 6);
  dates.view.end_batch();
  dates.commit(Dates::hold_of(6));
  EXPECT_EQ(dates.best_seat(), 5);
  dates.decide(Dates::hold_of(5));
  dates.commit(Dates::hold_of(5));
  dates.view.end_batch();
  EXPECT_EQ(dates.best_seat(), 15);
}

TEST(BestSeatsOfDates, are_dropped_a_minute_after_the_last_question) {
  Dates dates(1);
  dates.best_seat();
  Batch batch;
  batch.now = kNow + BestSeats::kKept;
  dates.best.on_commit(batch);
  EXPECT_EQ(dates.best.dates_kept(), 1u);
  batch.now += Millis(60'001);
  dates.best.on_commit(batch);
  EXPECT_EQ(dates.best.dates_kept(), 0u);
  EXPECT_EQ(dates.best_seat(), 5);
}

// Whoever asks for many dates does not use up the memory.
TEST(BestSeatsOfDates, are_kept_for_a_limited_number_of_dates) {
  constexpr std::size_t kDatesMax = BestSeats::kSeatsMax / BestSeats::kSeatsMin;
  Dates dates(int(kDatesMax) + 20);
  TimePoint now = kNow;
  for (const auto& [id, date] : dates.dates) {
    now += Millis(1);
    dates.best.of(date, dates.view, now);
  }
  EXPECT_EQ(dates.best.dates_kept(), kDatesMax);
  dates.decide(Dates::hold_of(5));  // of the first date, which is not kept any more
  EXPECT_EQ(dates.best_seat(now), 6);
}

}  // namespace
}  // namespace stagedoor::reservation
