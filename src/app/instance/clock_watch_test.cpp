// When a wall clock that was set may be taken over without an operator (R-A7).
#include "app/instance/clock_watch.h"

#include <gtest/gtest.h>

namespace stagedoor {
namespace {

TimePoint at(std::int64_t minutes) { return from_ms(minutes * 60'000); }

TEST(QueueOpenBetween, follows_the_table) {
  struct Case {
    const char* what;
    std::int64_t from, until;  // of the sale
    std::optional<std::int64_t> gathers_from;
    bool closed;
    bool is_open;
  };
  // Asked for minute 100 to minute 160, in both orders.
  const Case table[] = {
      {"on sale all the time", 0, 1000, {}, false, true}, {"was on sale before", 0, 100, {}, false, false},
      {"ends within", 0, 101, {}, false, true},           {"opens within", 160, 1000, {}, false, true},
      {"opens after", 161, 1000, {}, false, false},       {"gathers within", 1000, 2000, 150, false, true},
      {"gathers after", 1000, 2000, 170, false, false},   {"closed", 0, 1000, {}, true, false},
  };
  for (const Case& row : table) {
    Event event;
    event.on_sale = {at(row.from), at(row.until)};
    if (row.gathers_from) event.queue.gather_from = at(*row.gathers_from);
    event.closed = row.closed;
    Catalogue catalogue;
    catalogue.events[EventId{1}] = std::make_shared<const Event>(event);
    EXPECT_EQ(is_a_queue_open_between(catalogue, at(100), at(160)), row.is_open) << row.what;
    EXPECT_EQ(is_a_queue_open_between(catalogue, at(160), at(100)), row.is_open) << row.what;
  }
  EXPECT_FALSE(is_a_queue_open_between({}, at(0), at(1)));
}

}  // namespace
}  // namespace stagedoor
