// Threads that verify proofs of identity, and the bounded queue before them: no I/O thread computes a
// signature (R-A5), and proofs that arrive faster than they can be verified are refused (R-A4).
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/functional/any_invocable.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <optional>
#include <thread>
#include <vector>

#include "core/guarded.h"

namespace stagedoor::identity {

class VerifyQueue {
 public:
  // A job verifies, and returns how its call goes on; empty: the call is over. Neither may throw.
  using Then = absl::AnyInvocable<void()>;
  using Job = absl::AnyInvocable<Then()>;

  struct Limits {
    std::size_t threads = 1;
    // Some 100 ms of signatures; 74 MB if all requests have the largest bodies.
    std::size_t waiting_max = 1024;
    int niceness = 10;  // polls come before new proofs
  };
  // An address has at most this part of the queue, so one client cannot fill it.
  static constexpr std::size_t kAddressShare = 4;
  // A thread verifies up to so many waiting proofs before their calls go on. The commands of these calls
  // share a commit (engine/gathering.h), which costs as much as a signature.
  static constexpr std::size_t kGroupMax = 16;

  explicit VerifyQueue(const Limits& limits);
  ~VerifyQueue();  // stop()

  // Runs the waiting jobs, then ends the threads. submit() returns false from then on.
  void stop();

  // Returns false and drops `job` if too many are waiting. `address`: a key of the client's; nullopt: it has
  // no share. Any thread.
  bool submit(std::optional<std::uint64_t> address, Job job);
  std::size_t waiting() const;  // any thread

 private:
  struct Waiting {
    std::optional<std::uint64_t> address;
    Job job;
  };

  // Waits for jobs; returns none when the queue is stopped and empty.
  std::vector<Job> next();
  Job take() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void run();
  bool has_room(std::optional<std::uint64_t> address) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Limits limits_;
  mutable Mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Waiting> waiting_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::uint64_t, std::size_t> of_address_ ABSL_GUARDED_BY(mutex_);  // how many wait
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace stagedoor::identity
