#include "engine/worker.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/log.h"
#include "engine/thread_priority.h"

namespace stagedoor {

Worker::Worker(Options options, Round round, RandomBytes random)
    : options_(std::move(options)), round_(std::move(round)), random_(std::move(random)) {}

Worker::~Worker() { stop(); }

void Worker::start() {
  thread_ = std::thread([this] { run(); });
}

void Worker::stop() {
  stop_.request_stop();
  {
    const MutexLock lock(mutex_);  // not between the thread's check for a stop and its wait
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Worker::wake() {
  {
    const MutexLock lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

void Worker::run() {
  set_own_niceness(options_.niceness);
  while (!stop_.stop_requested()) {
    const auto begin = std::chrono::steady_clock::now();
    const Millis pause = attempt();
    if (options_.interval_min > Millis(0)) std::this_thread::sleep_until(begin + options_.interval_min);
    rest(pause);
  }
}

Millis Worker::attempt() {
  try {
    const Millis pause = round_(stop_.get_token());
    if (std::exchange(pause_, Millis(0)) != Millis(0)) log(LogLevel::info, options_.name + " works again");
    return pause;
  } catch (const std::exception& outage) {
    if (pause_ == Millis(0))
      log(LogLevel::error, options_.name + " failed; trying again", {{"error.message", outage.what()}});
    return pause_after_failure();
  }
}

// Exponential back-off with jitter: twice the previous pause, reduced at random by up to a half, so that
// workers that fail together do not retry together.
Millis Worker::pause_after_failure() {
  pause_ = std::clamp(pause_ * 2, options_.pause_min, options_.pause_max);
  const auto byte = static_cast<unsigned char>(random_(1).at(0));
  return pause_ / 2 + pause_ * byte / 512;
}

void Worker::rest(Millis pause) {
  const bool is_out = pause_ != Millis(0);
  const auto until = std::chrono::steady_clock::now() + pause;
  MutexLock lock(mutex_);
  while (!stop_.stop_requested() && (is_out || !woken_) && lock.wait_until(changed_, until)) {
  }
  woken_ = false;
}

}  // namespace stagedoor
