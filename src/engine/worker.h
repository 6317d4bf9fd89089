// A thread for work that waits for external systems (a broker, a pipe). It keeps slow work off the lane's
// thread and the I/O threads.
#pragma once

#include <condition_variable>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>

#include "core/guarded.h"
#include "core/time.h"
#include "ports/random.h"

namespace stagedoor {

class Worker {
 public:
  // Does a piece of the work and returns the pause until the next one; wake() ends the pause. An exception is
  // an outage: its begin and end are logged, and the pauses between attempts grow. Must return soon after a
  // stop request.
  using Round = std::function<Millis(const std::stop_token& stop)>;

  struct Options {
    std::string name;  // for the log: "delivery of events to out"
    Millis pause_min{100};
    Millis pause_max{30'000};
    // The least time from the begin of a round to the begin of the next, woken or not, so that work that
    // comes in small pieces is done in larger ones. A stop waits for it.
    Millis interval_min{0};
    // Above 0: those who queue, hold and pay come first. Not for work that others wait for, such as a
    // transaction.
    int niceness = 0;
  };

  Worker(Options options, Round round, RandomBytes random);
  ~Worker();  // stop()

  void start();
  void stop();  // returns when the thread has ended
  void wake();  // any thread; does not shorten the pauses of an outage

 private:
  void run();
  // One round, and the pause after it.
  Millis attempt();
  Millis pause_after_failure();
  void rest(Millis pause);

  const Options options_;
  const Round round_;
  const RandomBytes random_;
  Millis pause_{0};  // the latest pause of an outage; 0: no outage

  std::stop_source stop_;
  Mutex mutex_;
  std::condition_variable changed_;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace stagedoor
