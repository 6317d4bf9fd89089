#include "engine/readers.h"

namespace stagedoor {

Readers::Readers(std::size_t threads, const std::function<std::unique_ptr<Queries>()>& open) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this, queries = open()] { run(*queries); });
  }
}

Readers::~Readers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool Readers::submit(Read read) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || waiting_.size() >= kWaitingMax) return false;
    waiting_.push_back(std::move(read));
  }
  arrived_.notify_one();
  return true;
}

void Readers::run(Queries& queries) {
  std::unique_lock lock(mutex_);
  for (;;) {
    arrived_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    Read read = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    read(queries);
    lock.lock();
  }
}

}  // namespace stagedoor
