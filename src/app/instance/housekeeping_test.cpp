// What is removed, when, and what is said of it.
#include "app/instance/housekeeping.h"

#include <gmock/gmock.h>

namespace stagedoor {
namespace {

constexpr TimePoint kCollectedAt = from_ms(1'790'000'000'000);
constexpr Millis kHour{3'600'000};

class Noted final : public Retention {
 public:
  Forgotten forget(const RetentionLimits& limits, std::size_t) override {
    asked = limits;
    return answer;
  }
  RetentionLimits asked;
  Forgotten answer;
};

RetentionLimits asked_with(EventRetention events) {
  Noted retention;
  Housekeeping housekeeping(retention, std::move(events));
  std::vector<std::unique_ptr<Command>> none;
  housekeeping.collect(kCollectedAt, none);
  return retention.asked;
}

std::function<std::optional<EventDelivery>()> accepted(std::int64_t id) {
  return [id] { return EventDelivery{.accepted = {id}}; };
}

TEST(Housekeeping, keeps_events_for_a_week_without_sinks_or_as_long_as_it_is_told) {
  EXPECT_EQ(asked_with({}).outbox_before, kCollectedAt - 7 * 24 * kHour);
  EXPECT_EQ(asked_with({.drop_after = kHour}).outbox_before, kCollectedAt - kHour);
}

// R-E1
TEST(Housekeeping, removes_what_every_sink_has_accepted_and_nothing_by_age) {
  const RetentionLimits limits = asked_with({.delivery = accepted(7), .keep = kHour});
  EXPECT_EQ(limits.outbox_accepted, OutboxId{7});
  EXPECT_EQ(limits.outbox_before, std::nullopt);
}

TEST(Housekeeping, removes_no_event_before_the_progress_of_the_sinks_is_known) {
  const RetentionLimits limits =
      asked_with({.delivery = [] { return std::nullopt; }, .keep = kHour, .drop_after = 2 * kHour});
  EXPECT_EQ(limits.outbox_accepted, OutboxId{});
  EXPECT_EQ(limits.outbox_before, std::nullopt);
}

// R-E1
TEST(Housekeeping, drops_by_age_only_if_it_is_told_and_counts) {
  Noted retention;
  retention.answer = {.rows = 5, .dropped_events = 3};
  Housekeeping housekeeping(retention, {.delivery = accepted(7), .keep = kHour, .drop_after = 2 * kHour});
  std::vector<std::unique_ptr<Command>> none;
  housekeeping.collect(kCollectedAt, none);
  EXPECT_EQ(retention.asked.outbox_before, kCollectedAt - 2 * kHour);
  housekeeping.collect(kCollectedAt + kHour, none);
  EXPECT_EQ(housekeeping.dropped_events(), 6u);
}

}  // namespace
}  // namespace stagedoor
