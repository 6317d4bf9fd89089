// Random bytes that are the same in every run.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

namespace stagedoor::test {

inline std::string seeds(std::size_t bytes) { return std::string(bytes, 's'); }

// The same, but 16 bytes are another random id each time.
inline std::string seeds_and_ids(std::size_t bytes) {
  static std::uint32_t count = 0;
  std::string random = seeds(bytes);
  if (bytes == 16) std::memcpy(random.data(), &++count, sizeof count);
  return random;
}

}  // namespace stagedoor::test
