#include "support/small_disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace stagedoor::test {
namespace {

namespace fs = std::filesystem;

std::string last_error() { return std::strerror(errno); }

// Nothing when it is done.
std::optional<std::string> mount_small_disk(const fs::path& folder, std::uintmax_t bytes) {
  if (::mount("none", folder.c_str(), "tmpfs", 0, fmt::format("size={}", bytes).c_str()) == 0)
    return std::nullopt;
  return "no file system can be mounted here: " + last_error();
}

std::optional<std::string> try_once() {
  if (::geteuid() != 0) return "only root may mount a small disk";
  if (::unshare(CLONE_NEWNS) != 0) return "no mounts of its own: " + last_error();
  ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);  // not in a chroot, where it is of no use
  std::string name = (fs::temp_directory_path() / "stagedoor-disk-XXXXXX").string();
  if (!::mkdtemp(name.data())) return "no temporary folder";
  const auto why = mount_small_disk(name, 1 << 20);
  if (!why) ::umount2(name.c_str(), MNT_DETACH);
  ::rmdir(name.c_str());
  return why;
}

// With owners and modes.
void copy_all(const fs::path& from, const fs::path& to) {
  const std::string what = (from / ".").string();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::execlp("cp", "cp", "-a", what.c_str(), to.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0) throw std::runtime_error("cannot copy " + what);
}

std::uintmax_t size_of(const fs::path& folder) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    bytes += (entry.is_regular_file() ? entry.file_size() : 0) + 4096;
  return bytes;
}

}  // namespace

std::optional<std::string> SmallDisk::missing() {
  static const std::optional<std::string> why = try_once();
  return why;
}

SmallDisk::SmallDisk(const fs::path& folder, std::uintmax_t room_bytes) : folder_(folder) {
  const fs::path before = folder.string() + ".before";
  fs::rename(folder, before);
  fs::create_directory(folder);
  if (const auto why = mount_small_disk(folder, size_of(before) + room_bytes)) throw std::runtime_error(*why);
  copy_all(before, folder);
  fs::remove_all(before);
}

SmallDisk::~SmallDisk() { ::umount2(folder_.c_str(), MNT_DETACH); }

void SmallDisk::fill() {
  const int file = ::open((folder_ / "filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  off_t size = 0;
  for (off_t more = off_t(1) << 30; more >= 4096; more /= 2)  // others write meanwhile
    while (::posix_fallocate(file, size, more) == 0) size += more;
  ::close(file);
  if (size == 0) throw std::runtime_error("the disk cannot be filled");
}

void SmallDisk::make_room() { fs::remove(folder_ / "filler"); }

}  // namespace stagedoor::test
