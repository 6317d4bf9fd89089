#include "engine/peer_sync.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/log.h"

namespace stagedoor {

PeerSync::PeerSync(PeerFeed* peers, PeerFeed::OnBatch on_batch, std::function<void()> on_reconnect)
    : peers_(peers),
      poll_interval_(peers ? std::optional(peers->poll_interval()) : std::nullopt),
      on_reconnect_(std::move(on_reconnect)),
      fresh_at_(SteadyClock::now()) {
  if (!peers_) return;
  peers_->subscribe(std::move(on_batch), [this](SteadyClock::time_point since) {
    mark_fresh(since);
    call_waiting(since, kCalledAtOnce, true);
  });
}

bool PeerSync::await(Synced then) {
  const auto waiting = waiting_.lock();
  if (waiting->is_closed || waiting->all.size() >= kWaitingMax) return false;
  waiting->all.push_back({SteadyClock::now(), std::move(then)});
  return true;
}

void PeerSync::close() {
  waiting_.lock()->is_closed = true;
  call_waiting(SteadyClock::time_point::max(), kWaitingMax, false);
}

std::size_t PeerSync::call_waiting(SteadyClock::time_point until, std::size_t max, bool is_synced) {
  std::vector<Synced> due;
  {
    const auto waiting = waiting_.lock();
    for (auto& all = waiting->all; !all.empty() && all.front().since <= until && due.size() < max;
         all.pop_front())
      due.push_back(std::move(all.front().then));
  }
  for (Synced& then : due) then(is_synced);
  return due.size();
}

bool PeerSync::poll() {
  const auto now = SteadyClock::now();
  if (!poll_interval_ || (now < poll_at_ && waiting_.lock()->all.empty())) return false;
  poll_at_ = now + *poll_interval_;
  try {
    peers_->poll();
    mark_fresh(now);
  } catch (const std::exception& outage) {
    if (!is_cut_off_) log(LogLevel::error, "sync with the store failed", {{"error.message", outage.what()}});
    is_cut_off_ = true;
    return call_waiting(now, kWaitingMax, false) > 0;
  }
  return call_waiting(now, kCalledAtOnce, true) > 0;
}

void PeerSync::mark_fresh(SteadyClock::time_point since) {
  if (!poll_interval_) return;
  poll_at_ = since + *poll_interval_;
  if (std::exchange(is_cut_off_, false)) log(LogLevel::info, "sync with the store works again");
  if (!is_fresh(kAway)) on_reconnect_();
  fresh_at_.store(std::max(since, fresh_at_.load()), std::memory_order_release);
}

}  // namespace stagedoor
