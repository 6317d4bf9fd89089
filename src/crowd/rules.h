// The promises of the API that a crowd of fans can check by comparing what each of them was told, and who
// broke them.
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
                        position_grew,           // R-Q5: the number told to a fan never grows
                        place_not_kept,          // R-Q7: one place per user, asking again gives the same
                        status_went_back,        // R-Q5: CREATED, ACTIVATED, EXPIRED; RESERVED, PENDING, PAID
                        seat_held_twice,         // R-S5: at most one live hold per seat
                        seat_sold_twice,         // R-S5: at most one sale per seat
                        wrong_balance,           // R-P2: the balance falls by exactly the price
                        negative_seat_count,     // R-C7
                        server_error,            // no 5xx but 503 OVERLOADED
                        draw_commitment_broken,  // R-Q13: the seed is the one committed to beforehand
                        draw_list_differs,       // R-Q13: the list of joins is the one that was drawn
                        position_beyond_rank,    // R-Q13: positions follow the drawn ranks
                        admitted_out_of_order,   // R-Q13: and so do the admissions
                        retry_after_missing,     // section 8: 429 and 503 say when to come again
                        unexpected_answer,       // a refusal that nothing the fan did explains
                        malformed_answer,        // not the JSON that the API promises
                        not_answered)            // no answer, however often asked

// Which seat belongs to whom, as the fans were told.
class SeatLedger {
 public:
  using FanNumber = std::uint32_t;

  // `fan` was given a hold with these stamps of the server. False when another fan's hold or sale still stood
  // at `from`.
  bool hold(std::int64_t seat, FanNumber fan, TimePoint from, TimePoint until);
  // `fan` is about to give the hold back, or may have: from now on others may have the seat.
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

// Breaches, counted, each with the first example.
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
