// A lock file beside the database: one writing process at a time. The system releases the lock when the
// process ends for any reason; the file stays.
#pragma once

#include <string>

namespace stagedoor::sqlite {

class ProcessLock {
 public:
  // Throws StoreUnusable, which names the owning process, if the lock is taken.
  explicit ProcessLock(const std::string& path);
  ~ProcessLock();
  ProcessLock(const ProcessLock&) = delete;
  ProcessLock& operator=(const ProcessLock&) = delete;

 private:
  int file_ = -1;
};

// The same on the database itself, because somebody may remove the lock file: a cleaner of old files, or an
// administrator. Take it after the lock file: a process that fails to take it loses SQLite's own locks on the
// file, if it has any.
class DatabaseLock {
 public:
  explicit DatabaseLock(const std::string& path);
  ~DatabaseLock();
  DatabaseLock(const DatabaseLock&) = delete;
  DatabaseLock& operator=(const DatabaseLock&) = delete;

 private:
  int file_ = -1;
};

}  // namespace stagedoor::sqlite
