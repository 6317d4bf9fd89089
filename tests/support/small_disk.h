// A small file system of its own in place of a folder, with what the folder held, for tests that fill it.
// Only for who may mount: root. It is mounted where only this process and its children see it, so that a test
// that is killed leaves nothing behind.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace stagedoor::test {

class SmallDisk {
 public:
  // Why there can be none here; nothing when there can. Main thread.
  static std::optional<std::string> missing();

  // With so much room left. Nobody may use the folder meanwhile. Throws std::runtime_error.
  SmallDisk(const std::filesystem::path& folder, std::uintmax_t room_bytes);
  ~SmallDisk();  // everything in it is gone
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  void fill();       // with somebody else's file
  void make_room();  // removes it

 private:
  std::filesystem::path folder_;
};

}  // namespace stagedoor::test
