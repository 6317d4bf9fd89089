// How late a loop is: the time that a ready socket waits for its turn (measured by lateness_probe.h), and
// what is refused because of it (R-A4). Pure.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>

#include "http/types.h"

namespace stagedoor::http {

class Lateness {
 public:
  // A socket waited so long for its turn. One long wait says only that the thread was interrupted, or that
  // everybody asked at once.
  void measure(std::chrono::nanoseconds late) {
    late_ = std::min({late, last_[0], last_[1]});
    last_ = {last_[1], late};
  }
  std::chrono::nanoseconds late() const { return late_; }
  // False: the request has waited too long for its class, and is refused unread.
  bool admits(LimitClass limit_class) const {
    if (late_ < kLateMax[0]) [[likely]]
      return true;
    return late_ < kLateMax[static_cast<std::size_t>(limit_class)];
  }

 private:
  // By LimitClass: map, join, write, poll, read, stream, payment, operation. With the wait for the lane
  // (LaneLimits::wait_max) an accepted request takes at most 250 ms.
  static constexpr std::array<std::chrono::nanoseconds, 8> kLateMax = {
      std::chrono::milliseconds(30),  std::chrono::milliseconds(40),  std::chrono::milliseconds(60),
      std::chrono::milliseconds(90),  std::chrono::milliseconds(90),  std::chrono::milliseconds(90),
      std::chrono::milliseconds(120), std::chrono::nanoseconds::max()};

  std::array<std::chrono::nanoseconds, 2> last_{};
  std::chrono::nanoseconds late_{0};  // for three measurements in a row
};

}  // namespace stagedoor::http
