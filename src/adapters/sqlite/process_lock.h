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

}  // namespace stagedoor::sqlite
