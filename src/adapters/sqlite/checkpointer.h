// Moves what the write-ahead log has gathered into the database file, beside the lane: a thread with a
// connection of its own. PASSIVE: it never makes the lane or a reader wait, and therefore never quite
// finishes while the lane writes; the lane does the short last part itself when the log is over its limit.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "adapters/sqlite/database.h"
#include "core/guarded.h"

namespace stagedoor::sqlite {

class Checkpointer {
 public:
  explicit Checkpointer(const std::string& path);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  void wake();  // the log has grown; any thread
  // Held while a round goes on: two checkpoints at once refuse each other.
  std::mutex& round() { return round_; }

 private:
  void work();

  Database database_;
  std::mutex round_;
  Mutex mutex_;
  std::condition_variable woken_;
  bool is_wanted_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace stagedoor::sqlite
