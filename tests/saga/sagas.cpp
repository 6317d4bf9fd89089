#include "sagas.h"

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <deque>
#include <utility>

namespace stagedoor::saga {
namespace {

constexpr std::array<const char*, kMessages> kNames = {
    "extend visit", "visit extended", "visit over",       "freeze",    "frozen",    "freeze refused",
    "withdraw",     "withdrawn",      "withdraw refused", "confirm",   "confirmed", "confirm refused",
    "unfreeze",     "unfrozen",       "give back",        "given back"};

std::uint16_t bit(Message message) { return std::uint16_t(1U << unsigned(message)); }

bool takes_seat(Hold hold) { return hold != Hold::none && hold != Hold::over; }
bool is_seat_free(const State& state) {
  return std::ranges::none_of(state.fans, [](const Fan& fan) { return takes_seat(fan.hold); });
}

// The transaction that receives one message. Handlers send by setting bits.
class Receiver {
 public:
  Receiver(State& state, std::size_t number, const Faults& faults)
      : state_(state), fan_(state.fans[number]), faults_(faults) {}

  void receive(Message message) {
    switch (message) {
      case Message::extend_visit:
        if (fan_.visit == Visit::active) fan_.visit = Visit::extended;
        return send(fan_.visit == Visit::extended ? Message::visit_extended : Message::visit_over);
      case Message::visit_extended:
        if (fan_.hold == Hold::reserving) fan_.hold = Hold::held;
        return;
      case Message::visit_over:  // compensates the hold
        if (fan_.hold == Hold::reserving) fan_.hold = Hold::over;
        return;
      case Message::freeze:
      case Message::confirm:
      case Message::unfreeze:
        return in_reservation(message);
      case Message::withdraw:
      case Message::give_back:
        return in_wallet(message);
      default:
        return in_payment(message);
    }
  }

 private:
  void send(Message message) { fan_.under_way |= bit(message); }
  void send(Remembered answer, Message yes, Message no) { send(answer == Remembered::yes ? yes : no); }

  void in_reservation(Message message) {
    if (message == Message::freeze) {
      if (fan_.freeze == Remembered::nothing) {
        fan_.freeze = fan_.hold == Hold::held ? Remembered::yes : Remembered::no;
        if (fan_.hold == Hold::held) fan_.hold = Hold::frozen;
      }
      send(fan_.freeze, Message::frozen, Message::freeze_refused);
    } else if (message == Message::confirm) {
      if (fan_.confirm == Remembered::nothing) {
        const bool may = fan_.hold == Hold::frozen || faults_.confirms_lapsed;
        fan_.confirm = may ? Remembered::yes : Remembered::no;
        if (may) fan_.hold = Hold::paid;
      }
      send(fan_.confirm, Message::confirmed, Message::confirm_refused);
    } else {
      if (std::exchange(fan_.unfreeze, Remembered::yes) == Remembered::nothing && fan_.hold == Hold::frozen)
        fan_.hold = Hold::held;
      send(Message::unfrozen);
    }
  }

  void in_wallet(Message message) {
    if (message == Message::withdraw) {
      if (fan_.withdraw == Remembered::nothing || faults_.no_withdraw_inbox) {
        fan_.withdraw = fan_.balance > 0 ? Remembered::yes : Remembered::no;
        if (fan_.balance > 0) move_to_house(1);
      }
      send(fan_.withdraw, Message::withdrawn, Message::withdraw_refused);
    } else {
      if (fan_.give_back == Remembered::nothing || faults_.no_give_back_inbox) move_to_house(-1);
      fan_.give_back = Remembered::yes;
      send(Message::given_back);
    }
  }
  void move_to_house(int amount) {
    fan_.balance = std::int16_t(fan_.balance - amount);
    state_.house = std::int16_t(state_.house + amount);
  }

  // An answer that the payment does not wait for is a repeat.
  void in_payment(Message answer) {
    const auto go = [&](Payment from, Payment to) {
      return fan_.payment == from && (fan_.payment = to, true);
    };
    using enum Payment;
    if (answer == Message::frozen && go(freezing, withdrawing)) send(Message::withdraw);
    if (answer == Message::freeze_refused) go(freezing, failed);
    if (answer == Message::withdrawn && go(withdrawing, confirming)) send(Message::confirm);
    if (answer == Message::withdraw_refused && go(withdrawing, unfreezing)) send(Message::unfreeze);
    if (answer == Message::unfrozen) go(unfreezing, failed);
    if (answer == Message::confirmed) go(confirming, done);
    if (answer == Message::confirm_refused && go(confirming, faults_.no_give_back ? failed : giving_back) &&
        !faults_.no_give_back)
      send(Message::give_back);
    if (answer == Message::given_back) go(giving_back, failed);
  }

  State& state_;
  Fan& fan_;
  const Faults& faults_;
};

// The command that the fan's sagas wait to see answered, as bits.
std::uint16_t awaited(const Fan& fan) {
  const std::uint16_t hold = fan.hold == Hold::reserving ? bit(Message::extend_visit) : std::uint16_t(0);
  const auto with = [&](Message command) { return std::uint16_t(hold | bit(command)); };
  switch (fan.payment) {
    case Payment::freezing:
      return with(Message::freeze);
    case Payment::withdrawing:
      return with(Message::withdraw);
    case Payment::confirming:
      return with(Message::confirm);
    case Payment::unfreezing:
      return with(Message::unfreeze);
    case Payment::giving_back:
      return with(Message::give_back);
    case Payment::none:
    case Payment::done:
    case Payment::failed:
      return hold;
  }
  return hold;
}

// The command and its answers, as bits.
std::uint16_t exchange_of(Message command) {
  const bool has_one_answer = command == Message::unfreeze || command == Message::give_back;
  return std::uint16_t((has_one_answer ? 3U : 7U) << unsigned(command));
}

class Steps {
 public:
  Steps(const State& state, const Bounds& bounds, const Faults& faults)
      : state_(state), bounds_(bounds), faults_(faults) {}

  void of(std::size_t fan) {
    requests(fan);
    timers(fan);
    for (int i = 0; i < kMessages; ++i)
      if (state_.fans[fan].under_way & 1U << i) message(fan, Message(i));
  }
  std::vector<Step> all;

 private:
  Step& add(std::size_t fan, const char* what, const char* happens = "") {
    return all.emplace_back(Step{state_, fan, what, happens, false});
  }
  Fan& change(std::size_t fan, const char* what, const char* happens = "") {
    return add(fan, what, happens).after.fans[fan];
  }

  void requests(std::size_t number) {
    const Fan& fan = state_.fans[number];
    if (fan.hold == Hold::none && is_seat_free(state_)) {
      Step& step = add(number, "asks for the seat");
      step.is_voluntary = true;
      step.after.fans[number].hold = Hold::reserving;
      step.after.fans[number].under_way |= bit(Message::extend_visit);
    }
    if (fan.payment == Payment::none && (fan.hold == Hold::held || fan.hold == Hold::over)) {
      Step& step = add(number, "pays");
      step.is_voluntary = true;
      step.after.fans[number].payment = Payment::freezing;
      step.after.fans[number].under_way |= bit(Message::freeze);
    }
  }

  void timers(std::size_t number) {
    const Fan& fan = state_.fans[number];
    // A visit lasts at least as long as the hold that extended it.
    if (fan.visit == Visit::active || (fan.visit == Visit::extended && !takes_seat(fan.hold)))
      change(number, "the visit ends").visit = Visit::over;
    if (fan.hold == Hold::reserving || fan.hold == Hold::held)
      change(number, "the hold lapses").hold = Hold::over;
    if (fan.hold == Hold::frozen) change(number, "the frozen hold lapses").hold = Hold::over;
    if (faults_.no_retries) return;
    for (int i = 0; i < kMessages; ++i) {
      const Message command = Message(i);
      const std::uint16_t busy = bounds_.patient ? exchange_of(command) : bit(command);
      if ((awaited(fan) & bit(command)) && !(fan.under_way & busy))
        change(number, kNames[std::size_t(i)], " is sent again").under_way |= bit(command);
    }
  }

  void message(std::size_t number, Message message) {
    const char* name = kNames[std::size_t(message)];
    const auto remove = [&](State& state) { state.fans[number].under_way &= std::uint16_t(~bit(message)); };
    Step& arrives = add(number, name, " arrives");
    remove(arrives.after);
    Receiver(arrives.after, number, faults_).receive(message);
    if (state_.repeats_left > 0) {
      Step& twice = add(number, name, " arrives, and will arrive again");
      twice.is_voluntary = true;
      --twice.after.repeats_left;
      Receiver(twice.after, number, faults_).receive(message);
    }
    if (state_.losses_left > 0) {
      Step& lost = add(number, name, " is lost");
      lost.is_voluntary = true;
      --lost.after.losses_left;
      remove(lost.after);
    }
  }

  const State& state_;
  const Bounds& bounds_;
  const Faults& faults_;
};

// What the fan has spent.
int spent(const Fan& fan, const Bounds& bounds, std::size_t number) {
  return bounds.balances[number] - fan.balance;
}

// The states in the order in which they were found, and from where.
class Search {
 public:
  Search(const Bounds& bounds, const Faults& faults) : bounds_(bounds), faults_(faults) {}

  Finding run() {
    add(initial(bounds_), 0);
    for (std::size_t at = 0; at < found_.size(); ++at) {
      const State state = found_[at].state;
      if (const auto what = broken(state, bounds_); !what.empty()) return finding(what, at);
      bool is_at_rest = true;
      for (const Step& step : steps(state, bounds_, faults_)) {
        const std::size_t next = add(step.after, at);
        if (step.is_voluntary) continue;
        is_at_rest = false;
        found_[next].comes_by_itself_from.push_back(std::uint32_t(at));
      }
      if (!is_at_rest) continue;
      if (const auto what = broken_at_rest(state, bounds_); !what.empty()) return finding(what, at);
      rests_.push_back(at);
    }
    return never_rests();
  }

 private:
  struct Found {
    State state;
    std::size_t from;
    std::vector<std::uint32_t> comes_by_itself_from = {};
  };
  using Key = std::array<std::uint8_t, kFansMax * 11 + 3>;

  std::size_t add(const State& state, std::size_t from) {
    const auto [at, is_new] = index_.try_emplace(key(state), std::uint32_t(found_.size()));
    if (is_new) found_.push_back({state, from});
    return at->second;
  }
  static Key key(const State& state) {
    Key bytes{};
    auto at = bytes.begin();
    const auto put = [&](auto value) { *at++ = static_cast<std::uint8_t>(value); };
    for (const Fan& fan : state.fans) {
      for (const auto part : {fan.freeze, fan.confirm, fan.unfreeze, fan.withdraw, fan.give_back}) put(part);
      put(fan.visit);
      put(fan.hold);
      put(fan.payment);
      put(fan.balance);
      put(fan.under_way & 255);
      put(fan.under_way >> 8);
    }
    put(state.house);
    put(state.losses_left);
    put(state.repeats_left);
    return bytes;
  }

  // From every state, rest is reached without a fan's request and without luck: what waits has a timer or a
  // message under way.
  Finding never_rests() {
    std::vector<char> rests(found_.size());
    std::deque<std::size_t> next(rests_.begin(), rests_.end());
    for (const std::size_t at : rests_) rests[at] = 1;
    for (; !next.empty(); next.pop_front()) {
      for (const std::size_t before : found_[next.front()].comes_by_itself_from)
        if (!std::exchange(rests[before], 1)) next.push_back(before);
    }
    const auto stuck = std::ranges::find(rests, 0) - rests.begin();
    if (std::size_t(stuck) < found_.size())
      return finding("nothing leads to an end any more", std::size_t(stuck));
    return {.what = "", .trace = {}, .states = found_.size()};
  }

  Finding finding(std::string what, std::size_t at) const {
    Finding finding{.what = std::move(what), .trace = {}, .states = found_.size()};
    for (; at != 0; at = found_[at].from) finding.trace.push_back(step_to(at));
    std::ranges::reverse(finding.trace);
    return finding;
  }
  std::string step_to(std::size_t at) const {
    for (const Step& step : steps(found_[found_[at].from].state, bounds_, faults_))
      if (step.after == found_[at].state)
        return fmt::format("fan {}: {}{}", step.fan + 1, step.what, step.happens);
    return "";
  }

  const Bounds& bounds_;
  const Faults& faults_;
  std::deque<Found> found_;
  absl::flat_hash_map<Key, std::uint32_t> index_;
  std::vector<std::size_t> rests_;
};

}  // namespace

State initial(const Bounds& bounds) {
  State state{.losses_left = bounds.losses, .repeats_left = bounds.repeats};
  for (std::size_t i = 0; i < state.fans.size(); ++i) {
    state.fans[i].balance = std::int16_t(bounds.balances[i]);
    if (int(i) >= bounds.fans) state.fans[i].visit = Visit::over;  // is not there
  }
  return state;
}

std::vector<Step> steps(const State& state, const Bounds& bounds, const Faults& faults) {
  Steps steps(state, bounds, faults);
  for (int i = 0; i < bounds.fans; ++i) steps.of(std::size_t(i));
  return std::move(steps.all);
}

std::string broken(const State& state, const Bounds& bounds) {
  int money = state.house, started = 0, takers = 0;
  for (std::size_t i = 0; i < state.fans.size(); ++i) {
    const Fan& fan = state.fans[i];
    money += fan.balance;
    started += bounds.balances[i];
    takers += takes_seat(fan.hold);
    if (fan.hold == Hold::paid && spent(fan, bounds, i) < 1)
      return fmt::format("fan {} has the seat for nothing", i + 1);
    if (fan.balance < 0) return fmt::format("the balance of fan {} is below zero", i + 1);
  }
  if (takers > 1) return "two have the seat";
  if (money != started) return "money was made or lost";
  return "";
}

std::string broken_at_rest(const State& state, const Bounds& bounds) {
  for (std::size_t i = 0; i < state.fans.size(); ++i) {
    const Fan& fan = state.fans[i];
    const bool has_seat = fan.hold == Hold::paid;
    if (awaited(fan) != 0 || (takes_seat(fan.hold) && !has_seat))
      return fmt::format("fan {} waits, and nothing will happen", i + 1);
    if (spent(fan, bounds, i) != int(has_seat))
      return fmt::format("fan {} has spent {} and {} the seat", i + 1, spent(fan, bounds, i),
                         has_seat ? "has" : "does not have");
    if ((fan.payment == Payment::done) != has_seat)
      return fmt::format("fan {} was told that the payment {}", i + 1, has_seat ? "failed" : "is done");
  }
  return "";
}

Finding search(const Bounds& bounds, const Faults& faults) { return Search(bounds, faults).run(); }

}  // namespace stagedoor::saga
