#include "modules/identity/verify_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace stagedoor::identity {
namespace {

constexpr auto kNobody = std::nullopt;
using Then = VerifyQueue::Then;

// A queue whose one thread is busy until release().
class VerifyQueueTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto begun = std::make_shared<std::promise<void>>();
    queue_.submit(kNobody, [begun, released = released_.get_future().share()] {
      begun->set_value();
      released.wait();
      return Then();
    });
    begun->get_future().wait();
  }
  void TearDown() override { release(); }
  void release() {
    if (!std::exchange(is_released_, true)) released_.set_value();
    queue_.stop();
  }
  bool submit(std::optional<std::uint64_t> address) {
    return queue_.submit(address, [this] { return Then([this] { ++done_; }); });
  }

  std::promise<void> released_;
  bool is_released_ = false;
  std::atomic<int> done_ = 0;
  VerifyQueue queue_{{.threads = 1, .waiting_max = 8}};
};

TEST_F(VerifyQueueTest, is_bounded_and_does_all_that_it_took) {
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(submit(kNobody)) << i;
  EXPECT_FALSE(submit(kNobody));
  EXPECT_EQ(queue_.waiting(), 8U);
  EXPECT_EQ(done_, 0);
  release();
  EXPECT_EQ(done_, 8);
  EXPECT_FALSE(submit(kNobody)) << "it is stopped";
}

// R-A2: one client, with however many bad proofs, leaves room for the others.
TEST_F(VerifyQueueTest, one_address_has_a_quarter_of_it) {
  EXPECT_TRUE(submit(1));
  EXPECT_TRUE(submit(1));
  EXPECT_FALSE(submit(1));
  EXPECT_TRUE(submit(2));
  EXPECT_TRUE(submit(kNobody));
}

TEST_F(VerifyQueueTest, a_share_is_free_again_when_its_jobs_are_done) {
  for (int round = 0; round < 2; ++round) EXPECT_TRUE(submit(1));
  EXPECT_FALSE(submit(1));
  released_.set_value();
  is_released_ = true;
  while (queue_.waiting() > 0) std::this_thread::yield();
  EXPECT_TRUE(submit(1));
}

// Writes a v for each proof that is verified, and a t for each call that goes on.
void submit_to(VerifyQueue& queue, std::string& order, int count) {
  for (int i = 0; i < count; ++i)
    queue.submit(kNobody, [&order] {
      order += 'v';
      return Then([&order] { order += 't'; });
    });
}

TEST_F(VerifyQueueTest, calls_go_on_together_when_their_proofs_are_verified) {
  std::string order;
  submit_to(queue_, order, 3);
  release();
  EXPECT_EQ(order, "vvvttt");
}

// So that no call waits for all others.
TEST(VerifyQueueGroups, are_of_limited_size) {
  std::promise<void> released;
  std::string order;
  VerifyQueue queue({.threads = 1, .waiting_max = 40});
  queue.submit(kNobody, [gate = released.get_future().share()] {
    gate.wait();
    return Then();
  });
  while (queue.waiting() > 0) std::this_thread::yield();
  submit_to(queue, order, 20);
  released.set_value();
  queue.stop();
  EXPECT_EQ(order, std::string(16, 'v') + std::string(16, 't') + "vvvvtttt");
}

}  // namespace
}  // namespace stagedoor::identity
