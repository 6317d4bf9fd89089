// A sale that lets 30 people in every 300 ms, for tests that set clocks meanwhile.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "core/time.h"
#include "support/calls.h"

namespace stagedoor::test {

inline constexpr std::int64_t kPeople = 30, kWindowMs = 300;
inline const std::string kQueue =
    "admission: interval, people: 30, every: 300ms, active_ttl: 30m, poll_min: 0s";

// What the service takes for now.
inline TimePoint service_time(const std::string& url) {
  return *parse_rfc3339(text(Api(url).send(admin("GET", "/admin/live")).data(), "at"));
}
// By a clock that nobody has set.
inline TimePoint true_time() { return std::chrono::floor<Millis>(std::chrono::system_clock::now()); }

}  // namespace stagedoor::test
