#include "adapters/sqlite/checkpointer.h"

#include <sqlite3.h>

namespace stagedoor::sqlite {

Checkpointer::Checkpointer(const std::string& path) : database_(path, OpenFor::writing) {
  database_.set_fatal_on_error();
  thread_ = std::thread([this] { work(); });
}

Checkpointer::~Checkpointer() {
  {
    const MutexLock lock(mutex_);
    is_stopping_ = true;
  }
  woken_.notify_one();
  thread_.join();
}

void Checkpointer::wake() {
  {
    const MutexLock lock(mutex_);
    if (is_wanted_) return;
    is_wanted_ = true;
  }
  woken_.notify_one();
}

void Checkpointer::work() {
  for (;;) {
    {
      MutexLock lock(mutex_);
      while (!is_wanted_ && !is_stopping_) lock.wait(woken_);
      if (is_stopping_) return;
      is_wanted_ = false;
    }
    const std::lock_guard lock(round_);
    const int code =
        sqlite3_wal_checkpoint_v2(database_.raw(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    // A full disk or a busy reader does no harm here: the log keeps all changes, and the lane wakes this
    // thread again.
    if (code == SQLITE_OK) continue;
    try {
      database_.fail(code, "checkpoint");
    } catch (const std::runtime_error&) {
    }
  }
}

}  // namespace stagedoor::sqlite
