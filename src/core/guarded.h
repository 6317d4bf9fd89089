// Locks that the compiler checks: clang's -Wthread-safety (preset fuzz) reads the annotations, other
// compilers ignore them. Guarded is for data. Mutex is for classes that also need a condition variable, or
// that lock in one function and work in another.
#pragma once

#include <absl/base/thread_annotations.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace stagedoor {

// std::mutex with annotations: members behind it are declared ABSL_GUARDED_BY(mutex_), functions that need it
// ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_).
class ABSL_LOCKABLE Mutex {
 public:
  void lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

 private:
  friend class MutexLock;
  std::mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : lock_(mutex.mutex_) {}
  ~MutexLock() ABSL_UNLOCK_FUNCTION() {}
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  // Releases the mutex while it waits and holds it again afterwards. May return early: check the condition in
  // a loop.
  void wait(std::condition_variable& changed) { changed.wait(lock_); }
  // The same; false when `until` has passed.
  bool wait_until(std::condition_variable& changed, std::chrono::steady_clock::time_point until) {
    return changed.wait_until(lock_, until) == std::cv_status::no_timeout;
  }

 private:
  std::unique_lock<std::mutex> lock_;
};

// A T that can be reached only while its lock is held. Any thread.
//
//   Guarded<Counts> counts;
//   counts.lock()->joined += 1;              // held for this statement
//   const auto held = counts.lock();         // held to the end of the scope
template <class T>
class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}

  template <class Value>
  class Access {
   public:
    Access(std::mutex& mutex, Value& value) : lock_(mutex), value_(value) {}
    Value* operator->() const { return &value_; }
    Value& operator*() const { return value_; }

   private:
    const std::unique_lock<std::mutex> lock_;
    Value& value_;
  };
  [[nodiscard]] Access<T> lock() { return {mutex_, value_}; }
  [[nodiscard]] Access<const T> lock() const { return {mutex_, value_}; }

 private:
  mutable std::mutex mutex_;
  T value_{};
};

}  // namespace stagedoor
