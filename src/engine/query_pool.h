// Runs reads that need the store (a history, a payment) outside the lane and the I/O threads. Has a few
// threads, each with its own Queries.
#pragma once

#include <absl/functional/any_invocable.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "core/guarded.h"
#include "ports/queries.h"

namespace stagedoor {

class QueryPool {
 public:
  using Read = absl::AnyInvocable<void(Queries&)>;  // must not throw

  QueryPool(std::size_t threads, const std::function<std::unique_ptr<Queries>()>& open);
  ~QueryPool();  // stop()

  // Runs the waiting reads, then ends the threads. submit() returns false from then on.
  void stop();

  // Returns false and drops `read` if too many reads are waiting. Any thread.
  bool submit(Read read);

 private:
  static constexpr std::size_t kWaitingMax = 10'000;

  // Waits for a read; returns nothing when the pool is stopped and empty.
  std::optional<Read> next();
  void run(Queries& queries);

  Mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Read> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace stagedoor
