// The standing of a place, as reported to the fan.
#pragma once

#include <boost/describe/enum.hpp>

#include <cstdint>
#include <optional>
#include <string>

#include "core/time.h"

namespace stagedoor::queue {

BOOST_DEFINE_ENUM_CLASS(QueueStatus, CREATED, ACTIVATED, EXPIRED)

// Why a place is EXPIRED. SALE_OVER is not stored: it follows from the sale window.
BOOST_DEFINE_ENUM_CLASS(EndReason, PAID, TURN_OVER, LEFT, EMPTIED, SALE_OVER)

// A place at one time.
struct Standing {
  QueueStatus status = QueueStatus::CREATED;
  // Present people ahead: 0 for the next one and for users who do not wait; nullopt before the draw.
  std::optional<std::uint32_t> position = 0;
  TimePoint joined_at{};
  std::optional<TimePoint> activated_at{};
  std::optional<TimePoint> expires_at{};  // end of the visit, or when a waiting place was given up
  std::optional<EndReason> reason{};      // once EXPIRED
  std::optional<std::uint32_t>
      behind{};  // people who wait behind; nullopt before the draw and when not waiting
};

// The expected wait at the current rate of admission.
struct Estimate {
  std::optional<std::int64_t> seconds{};
  std::optional<std::int64_t> low{}, high{};  // set after a minute of data
  bool is_guess = false;                      // the rate is assumed, not yet measured
};

// What fans are told of a paused room.
struct Pause {
  TimePoint since{};
  std::string text{};
};

struct FanView {
  Standing standing;
  Estimate estimate;
  Millis poll_after{};
  std::int64_t admitted_last_minute = 0;
  std::optional<Pause> paused{};  // while waiting
  TimePoint changes_at = kNever;  // when the status changes without a commit
};

}  // namespace stagedoor::queue
