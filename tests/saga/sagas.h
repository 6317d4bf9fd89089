// The sagas of docs/services.md, reserve and pay, as a state machine: what every service knows, and what is
// under way between them. Fans compete for one seat, whose price is one unit of money.
//
// Messages are lost, repeated and reordered. Each service decides one message in one transaction, so a step
// here is one transaction, with the messages that it sends (its outbox). A command has the id of its hold or
// payment; the receiver remembers its answer under that id (its inbox) and repeats it.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace stagedoor::saga {

// Between the services, of one fan each. A command is followed by its two answers.
enum class Message : std::uint8_t {
  extend_visit,  // reservation → queue
  visit_extended,
  visit_over,
  freeze,  // payment → reservation: no lapse until the payment is decided, or its own deadline
  frozen,
  freeze_refused,
  withdraw,  // payment → wallet
  withdrawn,
  withdraw_refused,
  confirm,  // payment → reservation: the money is here
  confirmed,
  confirm_refused,
  unfreeze,  // payment → reservation: compensates freeze
  unfrozen,
  give_back,  // payment → wallet: compensates withdraw
  given_back,
};
inline constexpr int kMessages = 16;

enum class Visit : std::uint8_t { active, extended, over };
enum class Hold : std::uint8_t { none, reserving, held, frozen, paid, over };
enum class Payment : std::uint8_t {
  none,
  freezing,
  withdrawing,
  confirming,
  unfreezing,
  giving_back,
  done,
  failed
};
enum class Remembered : std::uint8_t { nothing, yes, no };  // the answer to a command, in the inbox

struct Fan {
  // queue
  Visit visit = Visit::active;
  // reservation
  Hold hold = Hold::none;
  Remembered freeze = Remembered::nothing;
  Remembered confirm = Remembered::nothing;
  Remembered unfreeze = Remembered::nothing;
  // payment
  Payment payment = Payment::none;
  // wallet
  std::int16_t balance = 0;
  Remembered withdraw = Remembered::nothing;
  Remembered give_back = Remembered::nothing;
  // Messages under way: bit i is Message i. Sending one that is under way already changes nothing.
  std::uint16_t under_way = 0;

  auto operator<=>(const Fan&) const = default;
};

inline constexpr int kFansMax = 2;

struct State {
  std::array<Fan, kFansMax> fans{};
  std::int16_t house = 0;  // the house's account, in the wallet service
  std::int8_t losses_left = 0;
  std::int8_t repeats_left = 0;

  auto operator<=>(const State&) const = default;
};

// What is left out, to see the search find what it was there for.
struct Faults {
  bool no_give_back = false;       // a payment whose seat is gone keeps the money
  bool no_withdraw_inbox = false;  // a repeated withdraw takes again
  bool no_give_back_inbox = false;
  bool no_retries = false;       // a sender waits for the answer without a timer
  bool confirms_lapsed = false;  // confirm does not ask whether the hold is still there
};

struct Bounds {
  int fans = 1;
  std::array<int, kFansMax> balances{1, 1};
  std::int8_t losses = 1;
  std::int8_t repeats = 1;
  // A command is sent again only when neither it nor an answer is under way; repeats are then only the above.
  bool patient = false;
};

struct Step {
  State after{};
  std::size_t fan = 0;
  const char* what = "";  // "withdraw", and after it " is lost"
  const char* happens = "";
  bool is_voluntary = false;  // a fan's request or a fault; all other steps happen by themselves
};

State initial(const Bounds& bounds);
// All that can happen next.
std::vector<Step> steps(const State& state, const Bounds& bounds, const Faults& faults);
// What is wrong in any state; "": nothing.
std::string broken(const State& state, const Bounds& bounds);
// What is wrong in a state in which nothing happens by itself any more; "": nothing.
std::string broken_at_rest(const State& state, const Bounds& bounds);

struct Finding {
  std::string what;                // "": nothing is wrong
  std::vector<std::string> trace;  // one of the shortest ways there
  std::size_t states = 0;          // that were visited
};
// Visits every reachable state, the nearest first.
Finding search(const Bounds& bounds, const Faults& faults = {});

}  // namespace stagedoor::saga
