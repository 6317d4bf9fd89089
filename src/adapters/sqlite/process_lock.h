// A lock file beside the database: one writing process at a time. The system drops the lock when the process
// ends, however it ends; the file stays.
#pragma once

#include <string>

namespace stagedoor::sqlite {

class ProcessLock {
 public:
  // Throws StoreUnusable, naming the process that has it, when it is taken.
  explicit ProcessLock(const std::string& path);
  ~ProcessLock();
  ProcessLock(const ProcessLock&) = delete;
  ProcessLock& operator=(const ProcessLock&) = delete;

 private:
  int file_ = -1;
};

}  // namespace stagedoor::sqlite
