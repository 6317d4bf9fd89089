#include "http/stream_rounds.h"

#include <boost/asio/post.hpp>

namespace stagedoor::http {
namespace {

constexpr std::chrono::milliseconds kSlice{2};
constexpr int kListenersPerClockRead = 64;

}  // namespace

void StreamRounds::add(Listener& listener) {
  listeners_.push_back(listener);
  if (is_running_) return;
  is_running_ = true;
  began_ = SteadyClock::now();
  schedule_round();
}

void StreamRounds::remove(Listener& listener) { listeners_.erase(listeners_.iterator_to(listener)); }

// The next round begins one interval after the begin of the last one, or immediately if that took longer.
void StreamRounds::schedule_round() {
  timer_.expires_at(began_ + interval_);
  timer_.async_wait([this](error_code error) {
    if (error) return;
    began_ = SteadyClock::now();
    left_ = listeners_.size();
    ask_slice();
  });
}

// A polled listener moves to the end of the list, so that the next slice continues after it.
void StreamRounds::ask_slice() {
  const auto until = SteadyClock::now() + kSlice;
  const auto is_done = [this] { return left_ == 0 || listeners_.empty(); };
  for (auto now = SteadyClock::now(); now < until && !is_done(); now = SteadyClock::now()) {
    for (int i = 0; i < kListenersPerClockRead && !is_done(); ++i, --left_) {
      Listener& listener = listeners_.front();
      listeners_.splice(listeners_.end(), listeners_, listeners_.begin());
      listener.send_news(now);
    }
  }
  if (!is_done()) asio::post(context_, [this] { ask_slice(); });
  else if (!listeners_.empty()) schedule_round();
  else is_running_ = false;
}

void StreamRounds::ask_all() {
  const auto now = SteadyClock::now();
  for (auto at = listeners_.begin(); at != listeners_.end();) (at++)->send_news(now);
}

}  // namespace stagedoor::http
