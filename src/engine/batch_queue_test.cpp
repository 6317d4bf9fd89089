// What waits for the lane, and what has waited too long (R-A4). By a clock that the test turns.
#include "engine/batch_queue.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <map>
#include <string>
#include <thread>

#include "engine/gathering.h"

namespace stagedoor {
namespace {

constexpr std::array<std::size_t, kLaneClasses> kMax = {20'000, 20'000, 20'000, 20'000, 20'000};
constexpr std::array<LaneClass, kLaneClasses> kAll = {LaneClass::payment, LaneClass::hold, LaneClass::wallet,
                                                      LaneClass::join, LaneClass::operation};
// payment, hold, wallet, join, operation
constexpr BatchQueue::WaitMax kWaitMax = {Millis(200), Millis(120), Millis(150), Millis(80), Millis(0)};

class Nothing final : public Command {
 public:
  explicit Nothing(LaneClass lane_class) : Command(lane_class, {}) {}
  void rows_to_load(const View&, Keys&) const override {}
  CommandResult decide(const View&, BatchContext&) override { return {}; }
  void reply(Answer) override {}
};

struct Queue {
  BatchQueue queue{kMax, kWaitMax};
  BatchQueue::Clock::time_point now{std::chrono::hours(1)};
  std::map<LaneClass, int> late;

  void push(LaneClass lane_class, int count) {
    for (int i = 0; i < count; ++i)
      EXPECT_EQ(queue.push(std::make_unique<Nothing>(lane_class), now), nullptr);
  }
  // Returns how many were taken in time.
  int take(std::size_t max) {
    BatchQueue::Commands too_late;
    const auto taken = queue.take(max, now, too_late);
    for (const auto& command : too_late) ++late[command->lane_class()];
    return int(taken.size());
  }

  // The lane decides one command a class in 10 ms, while more come.
  void keep_busy(Millis time) {
    for (Millis spent{0}; spent < time; spent += Millis(10)) {
      for (const auto lane_class : kAll) push(lane_class, 3);
      take(5);
      now += Millis(10);
    }
  }
};

TEST(BatchQueue, refuses_who_has_waited_too_long_in_the_order_of_R_A4) {
  // Of a class that has a backlog, nobody is decided after a wait that is longer than its class may.
  for (const auto& [lane_class, wait_max] :
       {std::pair(LaneClass::join, 80), std::pair(LaneClass::hold, 120), std::pair(LaneClass::wallet, 150),
        std::pair(LaneClass::payment, 200)}) {
    Queue all;
    all.keep_busy(BatchQueue::kBacklogMin + Millis(10));
    all.take(0);
    all.late.clear();
    all.take(1000);
    EXPECT_TRUE(all.late.empty());
    all.push(lane_class, 10);
    all.now += Millis(wait_max);
    all.take(0);
    EXPECT_TRUE(all.late.empty()) << wait_max;
    all.now += Millis(1);
    all.take(0);
    EXPECT_EQ(all.late, (std::map<LaneClass, int>{{lane_class, 10}}));
  }
}

TEST(BatchQueue, refuses_only_the_surplus_and_operators_never) {
  Queue all;
  all.keep_busy(Millis(5000));
  EXPECT_EQ(all.late.count(LaneClass::operation), 0u);
  EXPECT_GT(all.late.at(LaneClass::join), all.late.at(LaneClass::hold));
  EXPECT_GT(all.late.at(LaneClass::hold), all.late.at(LaneClass::wallet));
  EXPECT_GT(all.late.at(LaneClass::wallet), all.late.at(LaneClass::payment));
  EXPECT_GT(all.late.at(LaneClass::payment), 0);
}

TEST(BatchQueue, a_pause_of_the_store_refuses_nobody) {
  Queue all;
  all.push(LaneClass::join, 10);
  EXPECT_EQ(all.take(1000), 10);
  all.push(LaneClass::join, 500);
  all.now += Millis(3000);  // one commit took three seconds
  EXPECT_EQ(all.take(1000), 500);
  EXPECT_TRUE(all.late.empty());
}

TEST(BatchQueue, ten_thousand_at_once_are_all_decided_R_S5) {
  Queue all;
  all.push(LaneClass::hold, 10'000);
  int taken = 0;
  for (int batch = 0; batch < 10; ++batch, all.now += Millis(40)) taken += all.take(1024);
  EXPECT_EQ(taken, 10'000);
  EXPECT_TRUE(all.late.empty());
}

TEST(BatchQueue, two_seconds_after_the_rush_all_is_as_before) {
  Queue all;
  all.keep_busy(Millis(5000));
  all.take(1000);
  for (int i = 0; i < 20; ++i) {
    all.now += Millis(100);
    all.push(LaneClass::join, 1);
    all.take(1000);
  }
  all.late.clear();
  all.push(LaneClass::join, 5);
  all.now += Millis(1000);  // a pause of the store
  EXPECT_EQ(all.take(1000), 5);
  EXPECT_TRUE(all.late.empty());
}

// As Linux shows it.
bool is_asleep(int thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(") ");
  return name_end != text.npos && text.at(name_end + 2) == 'S';
}

TEST(Gathering, wakes_the_lane_when_all_commands_have_come) {
  Queue waiting;
  std::atomic<int> thread = 0;
  int taken = 0;
  std::thread lane([&] {
    thread = ::gettid();
    waiting.queue.sleep(BatchQueue::Clock::now() + std::chrono::minutes(1));
    taken = waiting.take(10);
  });
  while (!is_asleep(thread)) std::this_thread::yield();
  {
    const Gathering gathering;
    waiting.push(LaneClass::join, 3);
    EXPECT_TRUE(is_asleep(thread));
  }
  lane.join();
  EXPECT_EQ(taken, 3);
}

}  // namespace
}  // namespace stagedoor
