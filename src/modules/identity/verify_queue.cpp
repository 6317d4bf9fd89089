#include "modules/identity/verify_queue.h"

#include <algorithm>
#include <utility>

#include "engine/gathering.h"
#include "engine/thread_priority.h"

namespace stagedoor::identity {

VerifyQueue::VerifyQueue(const Limits& limits) : limits_(limits) {
  for (std::size_t i = 0; i < limits.threads; ++i) threads_.emplace_back([this] { run(); });
}

VerifyQueue::~VerifyQueue() { stop(); }

void VerifyQueue::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

bool VerifyQueue::has_room(std::optional<std::uint64_t> address) const {
  if (stopping_ || waiting_.size() >= limits_.waiting_max) return false;
  if (!address) return true;
  const auto found = of_address_.find(*address);
  return found == of_address_.end() || found->second < limits_.waiting_max / kAddressShare;
}

bool VerifyQueue::submit(std::optional<std::uint64_t> address, Job job) {
  {
    const MutexLock lock(mutex_);
    if (!has_room(address)) return false;
    if (address) ++of_address_[*address];
    waiting_.push_back({address, std::move(job)});
  }
  arrived_.notify_one();
  return true;
}

std::size_t VerifyQueue::waiting() const {
  const MutexLock lock(mutex_);
  return waiting_.size();
}

std::vector<VerifyQueue::Job> VerifyQueue::next() {
  MutexLock lock(mutex_);
  while (!stopping_ && waiting_.empty()) lock.wait(arrived_);
  const std::size_t share = (waiting_.size() + limits_.threads - 1) / limits_.threads;
  std::vector<Job> jobs;
  while (jobs.size() < std::min(share, kGroupMax)) jobs.push_back(take());
  return jobs;
}

VerifyQueue::Job VerifyQueue::take() {
  auto [address, job] = std::move(waiting_.front());
  waiting_.pop_front();
  if (address) {
    const auto found = of_address_.find(*address);
    if (--found->second == 0) of_address_.erase(found);
  }
  return std::move(job);
}

void VerifyQueue::run() {
  set_own_niceness(limits_.niceness);
  for (auto jobs = next(); !jobs.empty(); jobs = next()) {
    std::vector<Then> verified;
    for (Job& job : jobs)
      if (Then then = job()) verified.push_back(std::move(then));
    const Gathering gathering;
    for (Then& then : verified) then();
  }
}

}  // namespace stagedoor::identity
