// The hands of another process's wall clock (set_clock.cpp). Any thread.
//
//   SetClock clock;
//   ServerProcess server({.environment = clock.environment()});
//   clock.set_ahead(std::chrono::hours(1));
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace stagedoor::test {

class SetClock {
 public:
  // The file and a copy of the library are in a folder that every user may read, since PostgreSQL runs as
  // another one.
  SetClock() {
    std::string pattern = (std::filesystem::temp_directory_path() / "stagedoor-clock-XXXXXX").string();
    if (!::mkdtemp(pattern.data()) || ::chmod(pattern.c_str(), 0755) != 0)
      throw std::runtime_error("no temporary folder");
    folder_ = pattern;
    std::filesystem::copy_file(STAGEDOOR_SET_CLOCK, folder_ / "set_clock.so");
    const int file = ::open((folder_ / "set_by").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    void* bytes = MAP_FAILED;
    if (file >= 0 && ::ftruncate(file, sizeof(std::int64_t)) == 0)
      bytes = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (bytes == MAP_FAILED) throw std::runtime_error("cannot map the file of the clock");
    set_by_ = static_cast<std::atomic<std::int64_t>*>(bytes);
  }
  ~SetClock() {
    ::munmap(set_by_, sizeof(std::int64_t));
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  SetClock(const SetClock&) = delete;
  SetClock& operator=(const SetClock&) = delete;

  // Of a process whose clock is to be set.
  std::vector<std::pair<std::string, std::string>> environment() const {
    return {{"LD_PRELOAD", (folder_ / "set_clock.so").string()},
            {"CLOCK_SET_BY", (folder_ / "set_by").string()}};
  }
  // Ahead of the true time.
  void set_ahead(std::chrono::nanoseconds by) { *set_by_ = by.count(); }

 private:
  std::filesystem::path folder_;
  std::atomic<std::int64_t>* set_by_;
};

}  // namespace stagedoor::test
