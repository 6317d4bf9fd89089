// A thread for work that would take an I/O thread longer than a millisecond (R-A5): one makes large pages,
// and frees the memory of pages that nobody asks for; another does the slow calls of operators.
#pragma once

#include <absl/functional/any_invocable.h>

#include <chrono>
#include <deque>
#include <functional>

#include "core/guarded.h"
#include "engine/worker.h"

namespace stagedoor::catalogue {

class PageWorker {
 public:
  using Job = absl::AnyInvocable<void()>;

  // `name` is for the log. `sweep` is called on the thread every 10 s. One job at a time, in the order of
  // submit().
  PageWorker(const char* name, RandomBytes random, std::function<void()> sweep);

  void submit(Job job);  // any thread
  void start() { worker_.start(); }
  void stop() { worker_.stop(); }  // drops the jobs that wait

 private:
  Millis work(const std::stop_token& stop);

  const std::function<void()> sweep_;
  std::chrono::steady_clock::time_point sweep_at_{};
  Guarded<std::deque<Job>> waiting_;
  Worker worker_;
};

}  // namespace stagedoor::catalogue
