// Rate limits as token buckets: the text form "N/s+BURST", and the bucket as one point in time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace stagedoor {

struct Rate {
  std::int64_t burst = 0;               // tokens of a full bucket; 0: no limit
  std::chrono::nanoseconds interval{};  // in which the bucket gets one token back

  bool is_off() const { return burst == 0; }
  bool operator==(const Rate&) const = default;
};

// "200/s+2000": 200 a second, 2000 at once. Also per minute and hour: "5/min+10". Without "+BURST" the burst
// is N: "5/min". "0": off. nullopt for any other text; N and BURST are from 1 to 1,000,000.
std::optional<Rate> parse_rate(std::string_view text);

// A bucket is the time at which it is full again; 0: full. Takes a token and returns 0, or returns the time
// until there is one. A refusal takes nothing. Any thread.
std::chrono::nanoseconds take_token(std::atomic<std::int64_t>& full_at, const Rate& rate,
                                    std::int64_t now_ns);

}  // namespace stagedoor
