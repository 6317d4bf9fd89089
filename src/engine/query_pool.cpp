#include "engine/query_pool.h"

namespace stagedoor {

QueryPool::QueryPool(std::size_t threads, const std::function<std::unique_ptr<Queries>()>& open) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this, queries = open()] { run(*queries); });
  }
}

QueryPool::~QueryPool() { stop(); }

void QueryPool::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

bool QueryPool::submit(Read read) {
  {
    const MutexLock lock(mutex_);
    if (stopping_ || waiting_.size() >= kWaitingMax) return false;
    waiting_.push_back(std::move(read));
  }
  arrived_.notify_one();
  return true;
}

std::optional<QueryPool::Read> QueryPool::next() {
  MutexLock lock(mutex_);
  while (!stopping_ && waiting_.empty()) lock.wait(arrived_);
  if (waiting_.empty()) return std::nullopt;
  Read read = std::move(waiting_.front());
  waiting_.pop_front();
  return read;
}

void QueryPool::run(Queries& queries) {
  while (auto read = next()) (*read)(queries);
}

}  // namespace stagedoor
