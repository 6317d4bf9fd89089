// Checkpoints the write-ahead log into the database file, on a separate thread with its own connection.
// PASSIVE: it never blocks the lane or a reader, and so does not quite finish while the lane writes. The lane
// does the short last part itself when the log exceeds its limit.
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
  // Held during a round, because SQLite refuses two checkpoints at once.
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
