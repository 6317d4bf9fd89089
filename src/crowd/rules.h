// The guarantees of the API that a crowd of fans can check by comparing its answers, and the recorded
// breaches.
#pragma once

#include <array>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/time.h"

namespace stagedoor::crowd {

BOOST_DEFINE_ENUM_CLASS(Rule,
                        position_grew,           // R-Q5: a fan's position never increases
                        place_not_kept,          // R-Q7: one place per user; joining again returns it
                        status_went_back,        // R-Q5: CREATED, ACTIVATED, EXPIRED; RESERVED, PENDING, PAID
                        seat_held_twice,         // R-S5: at most one live hold per seat
                        seat_sold_twice,         // R-S5: at most one sale per seat
                        wrong_balance,           // R-P2: the balance falls by exactly the price
                        negative_seat_count,     // R-C7
                        server_error,            // no 5xx except 503 OVERLOADED
                        draw_commitment_broken,  // R-Q13: the seed matches the commitment published before
                        draw_list_differs,       // R-Q13: the draw used the list of joins
                        position_beyond_rank,    // R-Q13: positions follow the drawn ranks
                        admitted_out_of_order,   // R-Q13: admissions follow the drawn ranks
                        retry_after_missing,     // section 8: 429 and 503 carry Retry-After
                        unexpected_answer,       // a refusal without a reason
                        malformed_answer,        // not the JSON of the API
                        not_answered)            // no answer after all retries

// The holder of each seat, according to the answers.
class SeatLedger {
 public:
  using FanNumber = std::uint32_t;

  // `fan` got a hold with these times of the server. False when another fan's hold or sale was still valid at
  // `from`.
  bool hold(std::int64_t seat, FanNumber fan, TimePoint from, TimePoint until);
  // `fan` is giving the hold back, or may have done so: others may now get the seat.
  void release(std::int64_t seat, FanNumber fan);
  // `fan` paid. False when another fan has paid for the same seat.
  bool sell(std::int64_t seat, FanNumber fan);

 private:
  struct Owner {
    FanNumber fan;
    TimePoint until;  // kNever: sold
  };
  std::unordered_map<std::int64_t, Owner> owners_;
};

// Counts breaches and keeps the first example of each rule.
class Breaches {
 public:
  void add(Rule rule, std::string_view example);
  std::uint64_t count(Rule rule) const { return counts_[static_cast<std::size_t>(rule)]; }
  const std::string& example(Rule rule) const { return examples_[static_cast<std::size_t>(rule)]; }
  std::uint64_t total() const;

 private:
  static constexpr std::size_t kRules = static_cast<std::size_t>(Rule::not_answered) + 1;
  std::array<std::uint64_t, kRules> counts_{};
  std::array<std::string, kRules> examples_;
};

}  // namespace stagedoor::crowd
