// Random traces of everything fans can do, over a lane with the store in memory. Small on purpose: few fans,
// few seats, short times, so that they meet. A failure prints the trace and RC_PARAMS to play it again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cstdlib>

#include "lane/naive_sale.h"
#include "lane/scene.h"
#include "support/long_run.h"
#include "support/tables_check.h"

namespace stagedoor::test {
namespace {

// The usual run is short. What RC_PARAMS says counts more.
const int kCases = setenv("RC_PARAMS", is_long() ? "max_success=20000" : "max_success=500", 0);

constexpr std::size_t kFans = 4;
constexpr int kSeats = 5;
constexpr std::string_view kShortQueue =
    "admission: both, people: 2, every: 700ms, capacity: 3, active_ttl: 4s, visit_max: 9s, poll_min: 0s";
constexpr std::string_view kShortPolicy =
    "seats_per_user: 2, hold_ttl: 3s, rehold_cooldown: 1s, refund_until: 2030-01-01T00:01:00Z";
const NaiveRules kRules{.price = 110'000,
                        .balance_max = 500'000,
                        .seats_per_user = 2,
                        .hold_ttl = Millis(3000),
                        .visit_max = Millis(9000),
                        .cooldown = Millis(1000),
                        .refund_until = kOpen + Millis(60'000)};

constexpr std::array<std::int64_t, 6> kCharges{110'000, 220'000, 109'999, 500'000, 500'001, 0};

enum class Kind {
  join,
  leave,
  hold,
  hold_two,
  cancel,
  pay,
  pay_all,
  charge,
  refund,
  wait,
  run,
  restart,
  fail
};
constexpr std::array kKinds{"join",   "leave",  "hold", "hold_two", "cancel",  "pay", "pay_all",
                            "charge", "refund", "wait", "run",      "restart", "fail"};

struct Step {
  Kind kind{};
  std::size_t fan = 0;
  int seat = 1;  // its number; with the next one for hold_two
  int pick = 0;  // which of the reservations there are; of `fail`: which call to the store
  int wait = 0;  // ms
};

std::ostream& operator<<(std::ostream& out, const Step& step) {
  return out << kKinds[std::size_t(step.kind)] << " fan " << step.fan << " seat " << step.seat << " pick "
             << step.pick << " wait " << step.wait;
}

rc::Gen<std::vector<Step>> any_steps() {
  // What keeps a trace going is more frequent.
  const auto kind = rc::gen::weightedElement<Kind>({{4, Kind::join},
                                                    {1, Kind::leave},
                                                    {8, Kind::hold},
                                                    {3, Kind::hold_two},
                                                    {2, Kind::cancel},
                                                    {6, Kind::pay},
                                                    {2, Kind::pay_all},
                                                    {5, Kind::charge},
                                                    {3, Kind::refund},
                                                    {5, Kind::wait},
                                                    {10, Kind::run},
                                                    {1, Kind::restart},
                                                    {1, Kind::fail}});
  const auto step = rc::gen::build<Step>(
      rc::gen::set(&Step::kind, kind), rc::gen::set(&Step::fan, rc::gen::inRange<std::size_t>(0, kFans)),
      rc::gen::set(&Step::seat, rc::gen::inRange(1, kSeats)),
      rc::gen::set(&Step::pick, rc::gen::inRange(0, 12)),
      rc::gen::set(&Step::wait, rc::gen::element(1, 10, 150, 699, 701, 1000, 3000)));
  return rc::gen::scale(3.0, rc::gen::container<std::vector<Step>>(step));
}

class Play {
 public:
  Play() {
    scene.options.balance_max = Won{kRules.balance_max};
    scene.start();
    scene.world->import(club_night(kShortQueue, kShortPolicy));
    for (std::size_t i = 0; i < kFans; ++i) fans_[i].user = user(i + 1);
  }

  const memory::Tables& tables() const { return scene.memory.tables(); }

  // What a step asks for; nothing when the fan has no token yet or there is no reservation to name.
  std::optional<Ask> ask_of(const Step& step) const {
    const Visitor& who = fans_[step.fan];
    Ask ask{.user = *parse_uuid(who.user)};
    if (step.kind == Kind::join) return ask;
    if (who.token.empty()) return std::nullopt;
    switch (step.kind) {
      case Kind::leave:
        ask.what = Do::leave;
        return ask;
      case Kind::hold:
        ask.what = Do::hold, ask.ids = {scene.seat(step.seat)};
        return ask;
      case Kind::hold_two:
        ask.what = Do::hold, ask.ids = {scene.seat(step.seat), scene.seat(step.seat + 1)};
        return ask;
      case Kind::charge:
        ask.what = Do::charge, ask.amount = kCharges[std::size_t(step.pick) % kCharges.size()];
        return ask;
      default:
        break;
    }
    const auto id = pick_reservation(step, ask.user);
    if (!id) return std::nullopt;
    ask.ids = {*id};
    switch (step.kind) {
      case Kind::cancel:
        ask.what = Do::cancel;
        return ask;
      case Kind::pay:
        ask.what = Do::pay;
        return ask;
      case Kind::refund:
        ask.what = Do::refund;
        return ask;
      case Kind::pay_all:
        ask.what = Do::pay;
        for (const auto& [further, row] : tables().reservations)
          if (row.is_unpaid() && row.user == ask.user && further.value != *id)
            ask.ids.push_back(further.value);
        return ask;
      default:
        return std::nullopt;
    }
  }
  Call call_of(const Ask& ask, std::size_t fan) const {
    const Visitor& who = fans_[fan];
    switch (ask.what) {
      case Do::join:
        return join(who.user, 1);
      case Do::leave:
        return leave(who.token);
      case Do::hold:
        return ask.ids.size() == 1 ? hold(who, ask.ids.front()) : hold_all(who, ask.ids);
      case Do::cancel:
        return cancel(who, ask.ids.front());
      case Do::pay:
        return ask.ids.size() == 1 ? pay(who, ask.ids.front()) : pay_all(who, ask.ids);
      case Do::charge:
        return charge(who, ask.amount);
      case Do::refund:
        return refund(who, ask.ids.front());
    }
    return {};
  }
  void heard(const Step& step, const ApiReply& reply) {
    if (step.kind == Kind::join && reply.ok()) fans_[step.fan].token = text(reply.data(), "token");
  }

  // I-16, and every other invariant of the rows.
  void check() {
    for (const auto& [key, place] : tables().line) {
      const auto fan = scene.world->rooms().look({place.event, place.place, place.user});
      RC_ASSERT(fan.has_value());
      const auto [last, is_first] = positions_.try_emplace(place.place, *fan->standing.position);
      RC_ASSERT(*fan->standing.position <= last->second);
      last->second = *fan->standing.position;
    }
    const auto broken = broken_invariants(tables());
    if (!broken.empty()) RC_FAIL(broken.front());
  }

  Scene scene;

 private:
  // Mostly one of the fan's own, the newer the likelier.
  std::optional<std::int64_t> pick_reservation(const Step& step, const UserId& user) const {
    std::vector<std::int64_t> newest_first;
    for (const auto& [id, row] : tables().reservations)
      if (row.user == user || step.pick == 0) newest_first.insert(newest_first.begin(), id.value);
    if (newest_first.empty()) return std::nullopt;
    return newest_first[std::min(std::size_t(step.pick / 3), newest_first.size() - 1)];
  }

  std::array<Visitor, kFans> fans_;
  std::map<Place, std::uint32_t> positions_;
};

// R-W6, R-S5, R-Q7, R-Q10: many commands in a batch, restarts, and a store that fails now and then.
RC_GTEST_PROP(RandomTraces, keep_every_invariant, ()) {
  const auto steps = *any_steps();
  Play play;
  std::vector<std::pair<Step, PendingPtr>> pending;
  const auto run = [&] {
    play.scene.world->run();
    for (const auto& [step, one] : pending) {
      RC_ASSERT(one->answers() == 1);
      play.heard(step, one->reply());
    }
    pending.clear();
    play.check();
  };
  for (const Step& step : steps) {
    switch (step.kind) {
      case Kind::run:
        run();
        break;
      case Kind::wait:
        play.scene.clock.advance(Millis(step.wait));
        break;
      case Kind::fail:
        play.scene.store.fail_at(1 + step.pick,
                                 step.wait % 2 ? StoreFault::refused : StoreFault::unavailable);
        break;
      case Kind::restart:
        run();
        play.scene.start();
        break;
      default:
        if (const auto ask = play.ask_of(step))
          pending.emplace_back(step, play.scene.world->send(play.call_of(*ask, step.fan)));
    }
  }
  run();
}

// R-S1 – R-S10, R-W5, R-P1 – R-P6, R-Q7: one command at a time, each answer is the one that a model of maps
// and loops gives.
RC_GTEST_PROP(RandomTraces, agree_with_a_naive_sale, ()) {
  const auto steps = *any_steps();
  Play play;
  NaiveSale naive(kRules);
  for (const Step& step : steps) {
    if (step.kind == Kind::restart) play.scene.start();
    if (step.kind == Kind::wait) play.scene.clock.advance(Millis(step.wait));
    play.scene.world->run();
    const auto ask = play.ask_of(step);
    if (!ask) continue;
    const TimePoint now = play.scene.clock.now();
    const std::string expected = naive.expect(*ask, play.tables(), now);
    const ApiReply reply = play.scene.world->call(play.call_of(*ask, step.fan));
    RC_ASSERT((reply.ok() ? std::to_string(reply.status) : reply.code()) == expected);
    play.heard(step, reply);
    if (reply.ok()) naive.done(reply.data());
    RC_ASSERT(naive.difference(play.tables(), now) == "");
  }
}

}  // namespace
}  // namespace stagedoor::test
