#include "engine/worker.h"

#include <gmock/gmock.h>

#include <atomic>
#include <stdexcept>
#include <vector>

#include "core/log.h"

namespace stagedoor {
namespace {

using testing::ElementsAre;

std::string no_chance(std::size_t bytes) { return std::string(bytes, '\0'); }

Guarded<std::vector<std::string>> logged;

class WorkerTest : public testing::Test {
 protected:
  WorkerTest() {
    logged.lock()->clear();
    set_log_writer([](LogLevel, std::string_view message, std::span<const LogField>) {
      logged.lock()->emplace_back(message);
    });
  }
  ~WorkerTest() override { set_log_writer(nullptr); }

  void wait_for(int rounds) {
    while (rounds_ < rounds) std::this_thread::yield();
  }
  std::atomic<int> rounds_{0};
};

TEST_F(WorkerTest, goes_on_at_once_while_there_is_more_to_do) {
  Worker worker(
      {.name = "work"}, [&](const std::stop_token&) { return ++rounds_ < 5 ? Millis(0) : Millis(3'600'000); },
      no_chance);
  worker.start();
  wait_for(5);
}

TEST_F(WorkerTest, is_woken_from_its_rest) {
  Worker worker(
      {.name = "work"},
      [&](const std::stop_token&) {
        ++rounds_;
        return Millis(3'600'000);
      },
      no_chance);
  worker.start();
  wait_for(1);
  worker.wake();
  wait_for(2);
}

TEST_F(WorkerTest, does_what_comes_in_small_pieces_together) {
  Worker worker(
      {.name = "work", .interval_min = Millis(50)},
      [&](const std::stop_token&) {
        ++rounds_;
        return Millis(3'600'000);
      },
      no_chance);
  const auto begin = std::chrono::steady_clock::now();
  worker.start();
  while (rounds_ < 4) worker.wake();
  EXPECT_GE(std::chrono::steady_clock::now() - begin, Millis(150));
}

TEST_F(WorkerTest, stops_while_it_rests_and_asks_a_round_to_end) {
  Worker worker(
      {.name = "work"},
      [&](const std::stop_token& stop) {
        if (++rounds_ == 1) return Millis(0);
        while (!stop.stop_requested()) std::this_thread::yield();
        return Millis(3'600'000);
      },
      no_chance);
  worker.start();
  wait_for(2);
  worker.stop();
  EXPECT_EQ(rounds_, 2);
}

TEST_F(WorkerTest, logs_an_outage_once_and_its_end_once) {
  Worker worker(
      {.name = "work", .pause_min = Millis(1), .pause_max = Millis(2)},
      [&](const std::stop_token&) {
        if (const int round = ++rounds_; round <= 4) throw std::runtime_error("no broker");
        return rounds_ < 6 ? Millis(0) : Millis(3'600'000);
      },
      no_chance);
  worker.start();
  wait_for(6);
  worker.stop();
  EXPECT_THAT(*logged.lock(), ElementsAre("work failed; trying again", "work works again"));
}

// Otherwise each committed batch would be an attempt.
TEST_F(WorkerTest, is_not_woken_from_the_pause_of_an_outage) {
  Worker worker(
      {.name = "work", .pause_min = Millis(3'600'000), .pause_max = Millis(3'600'000)},
      [&](const std::stop_token&) -> Millis {
        ++rounds_;
        throw std::runtime_error("no broker");
      },
      no_chance);
  worker.start();
  wait_for(1);
  for (int i = 0; i < 100; ++i) worker.wake();
  worker.stop();
  EXPECT_EQ(rounds_, 1);
}

}  // namespace
}  // namespace stagedoor
