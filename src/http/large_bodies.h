// How many bytes of large bodies a loop takes on in a second: an address that asks for one map after another
// must not take the time of those who queue, hold and pay (R-A4 refuses full maps first). Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "http/asio_types.h"

namespace stagedoor::http {

class LargeBodies {
 public:
  static constexpr std::size_t kLarge = 64 * 1024;  // smaller bodies do not count
  // A core sends about 1 GB/s, so large bodies cost at most an eighth of the loop's time.
  static constexpr std::size_t kBytesPerSecond = 128 * 1024 * 1024;
  static constexpr std::chrono::milliseconds kBurst{50};  // of the rate

  void count(SteadyClock::time_point now, std::size_t bytes) {
    if (bytes < kLarge) return;
    free_at_ = std::max(free_at_, now) +
               std::chrono::nanoseconds(bytes * std::size_t{1'000'000'000} / kBytesPerSecond);
  }
  // False: the bodies of the last moments were too many.
  bool admits(SteadyClock::time_point now) const { return free_at_ <= now + kBurst; }

 private:
  SteadyClock::time_point free_at_{};
};

}  // namespace stagedoor::http
