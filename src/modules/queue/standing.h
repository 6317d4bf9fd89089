// The standing of a place, as reported to the fan.
#pragma once

#include <boost/describe/enum.hpp>

#include <cstdint>
#include <optional>

#include "core/time.h"

namespace stagedoor::queue {

BOOST_DEFINE_ENUM_CLASS(QueueStatus, CREATED, ACTIVATED, EXPIRED)

// A place at one time.
struct Standing {
  QueueStatus status = QueueStatus::CREATED;
  // Present people ahead: 0 for the next one and for users who do not wait; nullopt before the draw.
  std::optional<std::uint32_t> position = 0;
  TimePoint joined_at{};
  std::optional<TimePoint> activated_at{};
  std::optional<TimePoint> expires_at{};  // end of the visit, or when a waiting place was given up
};

// The expected wait at the current rate of admission.
struct Estimate {
  std::optional<std::int64_t> seconds{};
  std::optional<std::int64_t> low{}, high{};  // set after a minute of data
  bool is_guess = false;                      // the rate is assumed, not yet measured
};

struct FanView {
  Standing standing;
  Estimate estimate;
  Millis poll_after{};
};

}  // namespace stagedoor::queue
