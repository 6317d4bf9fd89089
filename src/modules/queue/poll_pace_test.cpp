#include "modules/queue/poll_pace.h"

#include <gtest/gtest.h>

namespace stagedoor::queue {
namespace {

constexpr TimePoint kPolledAt = from_ms(1'800'000'000'000);

// R-Q15
TEST(PollPace, advises_a_tenth_of_what_is_to_come) {
  struct Row {
    const char* why;
    Standing standing;
    Estimate estimate;
    Millis expected;
  };
  const Standing waits{.position = 100}, before_draw{.position = std::nullopt};
  const auto inside = [](Millis lasts) {
    return Standing{
        .status = QueueStatus::ACTIVATED, .activated_at = kPolledAt, .expires_at = kPolledAt + lasts};
  };
  const Standing over{.status = QueueStatus::EXPIRED, .activated_at = kPolledAt, .expires_at = kPolledAt};
  const Row rows[] = {
      {"a tenth of the expected wait", waits, {.seconds = 200}, Millis(20'000)},
      {"not sooner than poll_min", waits, {.seconds = 3}, Millis(2000)},
      {"not later than poll_max", waits, {.seconds = 5000}, Millis(30'000)},
      {"poll_max while nothing is known", waits, {}, Millis(30'000)},
      {"sooner while the rate is a guess", waits, {.seconds = 5000, .is_guess = true}, Millis(10'000)},
      {"a tenth of the time to the opening", before_draw, {}, Millis(12'000)},
      {"inside: at most 5 s", inside(Millis(300'000)), {.seconds = 0}, Millis(5000)},
      {"inside: a tenth of what is left, in whole seconds",
       inside(Millis(39'999)),
       {.seconds = 0},
       Millis(3000)},
      {"expired: as soon as allowed", over, {.seconds = 0}, Millis(2000)},
  };
  Event event;
  event.on_sale.from = kPolledAt + Millis(120'000);
  event.queue.poll_min = Millis(2000);
  event.queue.poll_max = Millis(30'000);
  event.queue.presence_timeout = Millis(120'000);
  for (const Row& row : rows) {
    for (Place place = 1; place <= 50; ++place) {
      const Millis wait = poll_after(row.standing, row.estimate, place, &event, kPolledAt);
      EXPECT_GE(wait, row.expected) << row.why;
      EXPECT_LE(wait, std::min<Millis>(row.expected * 11 / 10, event.queue.poll_max)) << row.why;
    }
  }
}

// R-Q12, R-Q15: a fan who follows the advice never counts as absent.
TEST(PollPace, advises_less_than_half_of_the_presence_timeout) {
  Event event;
  event.queue.poll_max = Millis(60'000);
  event.queue.presence_timeout = Millis(20'000);
  for (Place place = 1; place <= 50; ++place)
    EXPECT_LE(poll_after({.position = place}, {.seconds = 10'000}, place, &event, kPolledAt), Millis(10'000));
}

TEST(PollPace, advises_fans_of_an_unknown_event_too) {
  EXPECT_GE(poll_after({}, {}, 1, nullptr, kPolledAt), Millis(1000));
}

TEST(PollPace, jitter_is_spread_and_repeatable) {
  double sum = 0;
  for (Place place = 1; place <= 1000; ++place) {
    const double part = jitter(place, 7);
    EXPECT_GE(part, 0);
    EXPECT_LT(part, 1);
    EXPECT_EQ(part, jitter(place, 7));
    sum += part;
  }
  EXPECT_NEAR(sum / 1000, 0.5, 0.05);
}

// R-Q15: five at once, then one in every half of the advised wait. A tick is 10 ms.
TEST(PollPace, limits_polls_by_what_was_advised) {
  struct Poll {
    std::uint32_t at;
    Millis advised;
    bool allowed;
  };
  const std::vector<std::vector<Poll>> tables = {
      {{0, Millis(2000), true},
       {0, Millis(2000), true},
       {0, Millis(2000), true},
       {0, Millis(2000), true},
       {0, Millis(2000), true},
       {0, Millis(2000), false},
       {90, Millis(2000), false},  // a refused poll costs nothing:
       {100, Millis(2000), true},  // half of the advised wait has passed since the last one that was allowed
       {150, Millis(2000), false},
       {200, Millis(2000), true}},
      {{0, Millis(30'000), true}, {1, Millis(30'000), true}, {2, Millis(1000), true}},
      {{50, Millis(0), true}, {49, Millis(0), true}},  // a clock that stands behind the last poll
  };
  for (const auto& polls : tables) {
    PollBucket bucket;
    for (const Poll& poll : polls)
      EXPECT_EQ(may_poll(bucket, poll.at, poll.advised), poll.allowed) << "at " << poll.at;
  }
}

}  // namespace
}  // namespace stagedoor::queue
