// What a sale comes to, told again with lists and loops and without any of the product's code for it: the
// reference of the property tests. One event, one date, one price; whose turn it is, it takes from the rows
// of the line and the visits.
#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/memory/tables.h"

namespace stagedoor::test {

enum class Do { join, leave, hold, cancel, pay, charge, refund };

// One thing that one fan asks for.
struct Ask {
  Do what{};
  UserId user{};
  std::vector<std::int64_t> ids = {};  // of seats (hold) or reservations
  std::int64_t amount = 0;
};

struct NaiveRules {
  std::int64_t price = 0;
  std::int64_t balance_max = 0;
  std::int64_t seats_per_user = 0;
  Millis hold_ttl{};
  Millis visit_max{};
  Millis cooldown{};
  TimePoint refund_until{};
};

class NaiveSale {
 public:
  explicit NaiveSale(const NaiveRules& rules) : rules_(rules) {}

  // "200", "201" or the code of the refusal that `ask` must be answered with now. `rows`: before it is done.
  std::string expect(const Ask& ask, const memory::Tables& rows, TimePoint now);
  // It was done: `data` is what the answer says.
  void done(const boost::json::value& data);
  // How the rows differ from what should be there now; empty when they do not.
  std::string difference(const memory::Tables& rows, TimePoint now) const;

 private:
  enum class State { held, cancelled, paid, refunded };
  struct Hold {
    std::int64_t seat = 0;
    UserId user{};
    TimePoint ends{};
    State state = State::held;
    TimePoint given_up{};  // when it was cancelled
    bool is_live(TimePoint now) const { return state == State::held && now < ends; }
  };

  std::string turn(const UserId& user, const memory::Tables& rows, TimePoint now) const;
  std::string hold(const Ask& ask, const memory::Tables& rows, TimePoint now);
  std::string live_hold_of(std::int64_t id, const UserId& user, TimePoint now) const;

  NaiveRules rules_;
  std::map<std::int64_t, Hold> holds_;
  std::map<UserId, std::int64_t> balances_;
  std::function<void(const boost::json::value&)> effect_;
};

}  // namespace stagedoor::test
