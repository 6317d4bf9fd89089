#include "adapters/sqlite/process_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "adapters/sqlite/database.h"

namespace stagedoor::sqlite {

namespace {

// A new file can be read by its owner only: the database holds who bought what. SQLite gives the log and the
// index beside it the same mode.
int open_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) throw StoreUnusable(fmt::format("{}: cannot be opened: {}", path, std::strerror(errno)));
  return file;
}

}  // namespace

ProcessLock::ProcessLock(const std::string& path) : file_(open_file(path)) {
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    char owner[16] = {};
    const auto length = ::read(file_, owner, sizeof owner - 1);
    ::close(file_);
    throw StoreInUse(fmt::format("the store is in use by process {} (it holds {}); stop that one first",
                                 length > 0 ? owner : "(unknown)", path));
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(file_, 0) != 0 || ::pwrite(file_, pid.data(), pid.size(), 0) != ssize_t(pid.size())) {
    // On a full disk the lock still holds; only the message of a second process lacks the process id.
  }
}

ProcessLock::~ProcessLock() { ::close(file_); }

DatabaseLock::DatabaseLock(const std::string& path) : file_(open_file(path)) {
  if (::flock(file_, LOCK_EX | LOCK_NB) == 0) return;
  ::close(file_);
  throw StoreInUse(
      fmt::format("{} is in use by another process, whose lock file was removed; stop that one first", path));
}

DatabaseLock::~DatabaseLock() { ::close(file_); }

}  // namespace stagedoor::sqlite
