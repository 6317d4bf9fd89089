// When the sweep comes due (R-S4). What it does to holds: model_test.cpp and tests/lane.
#include "modules/reservation/hold_expiry.h"

#include <gtest/gtest.h>

namespace stagedoor::reservation {
namespace {

constexpr TimePoint kStart = from_ms(1'800'000'000'000);

struct HoldExpiryTest : testing::Test {
  Batch of(TimePoint expires_at, std::optional<TimePoint> stored_end = std::nullopt) {
    Reservation row{.id = ReservationId{1}};
    row.status = ReservationStatus::RESERVED;
    Reservation stored = row;
    if (stored_end) stored.expires_at = *stored_end;
    row.expires_at = expires_at;
    Batch batch;
    batch.reservations.put(row.id, row, stored_end ? &stored : nullptr);
    return batch;
  }
  HoldExpiry expiry;
};

TEST_F(HoldExpiryTest, are_due_when_a_hold_expires) {
  EXPECT_EQ(expiry.next_due(kStart), kNever);
  expiry.on_commit(of(kStart + Millis(300)));
  EXPECT_EQ(expiry.next_due(kStart), kStart + Millis(300));
}

TEST_F(HoldExpiryTest, follow_a_hold_whose_end_moves_to_an_earlier_time) {
  expiry.on_commit(of(kStart + Millis(300)));
  expiry.on_commit(of(kStart + Millis(100), kStart + Millis(300)));
  EXPECT_EQ(expiry.next_due(kStart), kStart + Millis(100));
}

}  // namespace
}  // namespace stagedoor::reservation
