// Where a place stands, as a fan is told it.
#pragma once

#include <boost/describe/enum.hpp>

#include <cstdint>
#include <optional>

#include "core/time.h"

namespace stagedoor::queue {

BOOST_DEFINE_ENUM_CLASS(QueueStatus, CREATED, ACTIVATED, EXPIRED)

// A place at one moment.
struct Standing {
  QueueStatus status = QueueStatus::CREATED;
  // People ahead who are present: 0 for the next one and for everybody who does not wait; nothing before the
  // draw.
  std::optional<std::uint32_t> position = 0;
  TimePoint joined_at{};
  std::optional<TimePoint> activated_at{};
  std::optional<TimePoint> expires_at{};  // of the visit; or when a waiting place was given up
};

// The expected wait at the current rate of admission.
struct Estimate {
  std::optional<std::int64_t> seconds{};
  std::optional<std::int64_t> low{}, high{};  // once there is a minute's data
  bool is_guess = false;                      // the rate was not measured yet, only assumed
};

struct FanView {
  Standing standing;
  Estimate estimate;
  Millis poll_after{};
};

}  // namespace stagedoor::queue
