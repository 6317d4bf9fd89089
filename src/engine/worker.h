// A thread for work that waits for something outside (a broker, a pipe), so that nothing slow runs on the
// lane's thread or on those that serve connections.
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
  // Does a piece of the work and returns how long to rest until the next one; wake() ends the rest. An
  // exception is an outage: the log has its beginning and its end, and the pauses until the next attempt
  // grow. Returns soon after a stop request.
  using Round = std::function<Millis(const std::stop_token& stop)>;

  struct Options {
    std::string name;  // for the log: "delivery of events to out"
    Millis pause_min{100};
    Millis pause_max{30'000};
  };

  Worker(Options options, Round round, RandomBytes random);
  ~Worker();  // stop()

  void start();
  void stop();  // returns when the thread has ended
  void wake();  // any thread; not during an outage, whose pauses it does not shorten

 private:
  void run();
  // One round, and the pause after it.
  Millis attempt();
  Millis pause_after_failure();
  void rest(Millis pause);

  const Options options_;
  const Round round_;
  const RandomBytes random_;
  Millis pause_{0};  // the last one of an outage; 0: there is none

  std::stop_source stop_;
  Mutex mutex_;
  std::condition_variable changed_;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace stagedoor
