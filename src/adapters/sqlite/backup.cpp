#include "adapters/sqlite/backup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "adapters/sqlite/database.h"
#include "adapters/sqlite/schema.h"

namespace stagedoor::sqlite {
namespace {

namespace fs = std::filesystem;

// Removes the unfinished copy unless it was renamed.
struct PartFile {
  std::string path;
  ~PartFile() {
    std::error_code error;
    fs::remove(path, error);
  }
};

void copy_pages(Database& from, const std::string& to_path) {
  Database to(to_path, OpenFor::writing);
  to.execute("PRAGMA synchronous = OFF");  // the whole file is synced at the end
  sqlite3_backup* copy = sqlite3_backup_init(to.raw(), "main", from.raw(), "main");
  if (!copy) to.fail(sqlite3_errcode(to.raw()), "backup");
  int code = SQLITE_OK;
  do {  // all pages in one step, because a commit of the server between two steps restarts the copy
    code = sqlite3_backup_step(copy, -1);
  } while (code == SQLITE_OK);
  const int finished = sqlite3_backup_finish(copy);
  if (code != SQLITE_DONE) to.fail(finished != SQLITE_OK ? finished : code, "backup");
  std::string judgement;
  try {
    to.each_row("PRAGMA quick_check(1)", [&](Columns& columns) { columns >> judgement; });
  } catch (const StoreUnusable& damage) {  // so bad that the check does not get to its end
    judgement = damage.what();
  }
  if (judgement != "ok") throw StoreUnusable(to_path + ": the copy is damaged: " + judgement);
}

// With the right that only its owner can read it: it holds who bought what.
void create_private(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) throw StoreUnusable(fmt::format("{}: unable to open: {}", path, std::strerror(errno)));
  ::close(file);
}

// Never replaces what somebody else has put there meanwhile.
void rename_to_new(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
  if (errno == EEXIST) throw StoreUnusable(to + ": already exists; a backup never overwrites");
  throw StoreUnusable(fmt::format("{}: cannot be named so: {}", to, std::strerror(errno)));
}

void sync(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool is_safe = file >= 0 && ::fsync(file) == 0;
  const int why = errno;
  if (file >= 0) ::close(file);
  if (!is_safe)
    throw StoreUnusable(fmt::format("{}: cannot be synced to disk: {}", path, std::strerror(why)));
}

}  // namespace

void backup_sqlite(const std::string& path, const std::string& target) {
  if (fs::exists(target)) throw StoreUnusable(target + ": already exists; a backup never overwrites");
  Database from(path, OpenFor::reading);
  check_is_store(from);
  const PartFile part{fmt::format("{}.part-{}", target, ::getpid())};
  fs::remove(part.path);
  create_private(part.path);
  copy_pages(from, part.path);
  sync(part.path, O_RDWR);
  rename_to_new(part.path, target);
  sync(fs::absolute(target).parent_path().string(), O_RDONLY | O_DIRECTORY);
}

}  // namespace stagedoor::sqlite
