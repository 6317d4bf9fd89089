// The result of a rehearsal, as a progress line, as text and as JSON.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "crowd/draw_check.h"
#include "crowd/histogram.h"
#include "crowd/journey.h"

namespace stagedoor::crowd {

struct CrowdReport {
  std::string url;
  std::int64_t event = 0;
  std::string event_name;
  std::uint64_t seed = 0;
  double seconds = 0;
  std::int64_t fans_wanted = 0;
  std::int64_t arrived = 0;
  std::int64_t seats_left_before = 0;
  std::int64_t seats_left = 0;
  double busy = 0;            // share of the time in which the crowd's thread did not wait for answers
  std::string ended_because;  // empty while it runs
  Tally tally;
  Breaches breaches;
  std::optional<DrawReport> draw;         // of a crowd with a pre-queue
  std::array<Histogram, kSteps> latency;  // of each call, from its intended send time
  Histogram recent;                       // of all calls since the previous progress line

  int exit_code() const { return breaches.total() == 0 ? 0 : 1; }
};

// One line without a line break.
std::string progress_line(const CrowdReport& report);
std::string to_text(const CrowdReport& report);
std::string to_json(const CrowdReport& report);

}  // namespace stagedoor::crowd
