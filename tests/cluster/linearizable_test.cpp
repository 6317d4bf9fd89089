// The checker accepts what one thing at a time could have answered, and catches what it could not.
#include "cluster/linearizable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <functional>

#include "cluster/models.h"
#include "cluster/simulated_sale.h"

namespace stagedoor::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Key kSeat{Thing::seat, 1};
constexpr Key kWallet{Thing::wallet, 1};

struct Between {
  std::int64_t invoked, answered;
};

Operation of(Key key, Kind kind, std::int64_t argument, std::optional<Told> told, Between when) {
  return {.key = key,
          .kind = kind,
          .argument = argument,
          .told = told,
          .invoked_at = when.invoked,
          .answered_at = when.answered};
}

Operation hold(std::int64_t user, std::optional<Told> told, Between when) {
  return of(kSeat, Kind::hold, user, told, when);
}
Operation granted(std::int64_t user, std::int64_t id, Between when) {
  return hold(user, Told{Outcome::done, id}, when);
}
Operation look(std::int64_t id, Outcome status, Between when) {
  return of(kSeat, Kind::look, id, Told{status}, when);
}
Operation cancel(std::int64_t id, std::optional<Told> told, Between when) {
  return of(kSeat, Kind::cancel, id, told, when);
}
Operation charged(std::int64_t amount, std::int64_t balance, Between when) {
  return of(kWallet, Kind::charge, amount, Told{Outcome::done, when.invoked + 1, balance}, when);
}
Operation balance(std::int64_t balance, Between when) {
  return of(kWallet, Kind::balance, 0, Told{Outcome::done, 0, balance}, when);
}
Operation spent(std::int64_t amount, Between when) { return of(kWallet, Kind::spend, amount, Told{}, when); }

constexpr Told kDone{};
constexpr Told kOccupied{Outcome::occupied};
constexpr Told kRefused{Outcome::refused};

// --- by hand: what is well

TEST(Linearizable, an_empty_history_is) { EXPECT_THAT(find_violations({}), IsEmpty()); }

TEST(Linearizable, a_read_during_a_write_may_see_before_or_after) {
  EXPECT_THAT(find_violations({charged(5, 5, {0, 10}), balance(0, {1, 2}), balance(5, {3, 4})}), IsEmpty());
  EXPECT_THAT(find_violations({charged(5, 5, {0, 10}), balance(5, {1, 2}), balance(0, {3, 4})}), SizeIs(1));
}

TEST(Linearizable, moments_that_touch_overlap) {
  EXPECT_THAT(find_violations({charged(5, 5, {0, 10}), balance(0, {10, 20})}), IsEmpty());
  EXPECT_THAT(find_violations({charged(5, 5, {0, 10}), balance(0, {11, 20})}), SizeIs(1));
}

TEST(Linearizable, a_seat_goes_through_all_its_states) {
  EXPECT_THAT(
      find_violations({granted(1, 7, {0, 1}), hold(1, Told{Outcome::same, 7}, {2, 3}),
                       hold(2, kOccupied, {4, 5}), of(kSeat, Kind::pay, 7, Told{Outcome::poor}, {6, 7}),
                       of(kSeat, Kind::pay, 7, kDone, {8, 9}), look(7, Outcome::paid, {10, 11}),
                       hold(1, kOccupied, {12, 13}), cancel(7, Told{Outcome::paid}, {14, 15}),
                       of(kSeat, Kind::refund, 7, kDone, {16, 17}), look(7, Outcome::over, {18, 19}),
                       granted(2, 8, {20, 21}), of(kSeat, Kind::refund, 8, Told{Outcome::unpaid}, {22, 23}),
                       cancel(8, kDone, {24, 25}), granted(1, 9, {26, 27})}),
      IsEmpty());
}

TEST(Linearizable, what_was_not_answered_may_be_done_late_or_never) {
  const Operation lost = of(kWallet, Kind::charge, 5, std::nullopt, {0, 1});
  EXPECT_THAT(find_violations({lost, balance(0, {2, 3})}), IsEmpty());
  EXPECT_THAT(find_violations({lost, balance(5, {2, 3})}), IsEmpty());
  EXPECT_THAT(find_violations({lost, balance(0, {2, 3}), balance(5, {4, 5})}), IsEmpty());
  EXPECT_THAT(find_violations({lost, balance(5, {2, 3}), balance(0, {4, 5})}), SizeIs(1));
  EXPECT_THAT(find_violations({lost, balance(10, {2, 3})}), SizeIs(1));
}

TEST(Linearizable, the_id_of_a_hold_whose_answer_was_lost_is_learnt_later) {
  const Operation lost = hold(1, std::nullopt, {0, 1});
  EXPECT_THAT(find_violations({lost, hold(2, kOccupied, {2, 3}), hold(1, Told{Outcome::same, 7}, {4, 5}),
                               cancel(7, kDone, {6, 7}), granted(2, 8, {8, 9})}),
              IsEmpty());
  EXPECT_THAT(find_violations({lost, hold(2, Told{Outcome::same, 7}, {4, 5})}), SizeIs(1));
}

TEST(Linearizable, many_at_once_are_no_trouble) {  // R-S5, R-W6
  History history;
  std::int64_t sum = 0;
  for (std::int64_t user = 1; user <= 500; ++user) {
    history.push_back(user == 250 ? granted(user, 7, {0, 10'000}) : hold(user, kOccupied, {0, 10'000}));
    history.push_back(charged(user, sum += user, {-user, 10'000 + user}));
  }
  EXPECT_THAT(find_violations(history), IsEmpty());
  history.push_back(granted(501, 8, {5000, 20'000}));
  EXPECT_THAT(find_violations(history), SizeIs(1));
}

// --- by hand: the bugs

TEST(Linearizable, catches_a_dropped_lock) {
  const auto found = find_violations({granted(1, 7, {0, 10}), granted(2, 8, {5, 15})});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].key, kSeat);
}

TEST(Linearizable, catches_a_stale_read) {
  EXPECT_THAT(
      find_violations({granted(1, 7, {0, 1}), cancel(7, kDone, {2, 3}), look(7, Outcome::held, {4, 5})}),
      SizeIs(1));
  EXPECT_THAT(find_violations({charged(5, 5, {0, 1}), charged(5, 10, {2, 3}), balance(5, {4, 5})}),
              SizeIs(1));
}

TEST(Linearizable, catches_a_lost_update) {
  EXPECT_THAT(find_violations({charged(5, 5, {0, 10}), charged(3, 3, {1, 9})}), SizeIs(1));
  EXPECT_THAT(find_violations({charged(5, 5, {0, 10}), charged(3, 8, {1, 9}), balance(3, {20, 21})}),
              SizeIs(1));
}

TEST(Linearizable, catches_a_refusal_that_was_done) {
  EXPECT_THAT(find_violations({of(kWallet, Kind::charge, 5, kRefused, {0, 1}), balance(5, {2, 3})}),
              SizeIs(1));
  EXPECT_THAT(find_violations({hold(1, kRefused, {0, 1}), hold(2, kOccupied, {2, 3})}), SizeIs(1));
}

TEST(Linearizable, catches_a_payment_without_its_deduction) {
  EXPECT_THAT(find_violations({charged(5, 5, {0, 1}), spent(5, {2, 3}), balance(5, {4, 5})}), SizeIs(1));
  EXPECT_THAT(find_violations({charged(5, 5, {0, 1}), spent(6, {2, 3})}), SizeIs(1));
}

TEST(Linearizable, catches_every_answer_that_does_not_fit) {
  const auto about = [](Kind kind, Told told) { return of(kSeat, kind, 7, told, {4, 5}); };
  const auto unfit_after = [](History history, const Operation& last) {
    history.push_back(last);
    EXPECT_THAT(find_violations(history), SizeIs(1)) << last;
  };
  const History held{granted(1, 7, {0, 1})};
  for (const Operation& last :
       {granted(1, 8, {4, 5}), hold(1, Told{Outcome::same, 8}, {4, 5}), hold(1, kOccupied, {4, 5}),
        hold(2, Told{Outcome::same, 7}, {4, 5}), about(Kind::cancel, {Outcome::over}),
        about(Kind::cancel, {Outcome::paid}), about(Kind::pay, {Outcome::paid}), about(Kind::refund, kDone),
        about(Kind::look, {Outcome::over}), about(Kind::look, {Outcome::paid})})
    unfit_after(held, last);
  const History paid{granted(1, 7, {0, 1}), of(kSeat, Kind::pay, 7, kDone, {2, 3})};
  for (const Operation& last :
       {granted(2, 8, {4, 5}), hold(1, Told{Outcome::same, 7}, {4, 5}), about(Kind::cancel, kDone),
        about(Kind::pay, kDone), about(Kind::pay, {Outcome::poor}), about(Kind::refund, {Outcome::unpaid}),
        about(Kind::look, {Outcome::held})})
    unfit_after(paid, last);
  const History rich{charged(5, 5, {0, 1})};
  for (const Operation& last :
       {of(kWallet, Kind::spend, 5, Told{Outcome::poor, 0, 5}, {4, 5}),
        of(kWallet, Kind::spend, 6, Told{Outcome::poor, 0, 4}, {4, 5}),
        of(kWallet, Kind::charge, 9, Told{Outcome::at_limit, 0, 4}, {4, 5}), charged(5, 11, {4, 5})})
    unfit_after(rich, last);
}

TEST(Linearizable, catches_an_id_given_twice) {
  Operation elsewhere = granted(2, 7, {2, 3});
  elsewhere.key.id = 2;
  EXPECT_THAT(find_violations({granted(1, 7, {0, 1}), elsewhere}), SizeIs(1));
}

TEST(Linearizable, shows_no_more_than_what_cannot_be_ordered) {
  History history;
  for (std::int64_t i = 0; i < 100; ++i) {
    history.push_back(charged(1, i + 1, {10 * i, 10 * i + 9}));
    history.push_back(balance(i + 1, {10 * i + 8, 10 * i + 12}));
  }
  history.push_back(charged(1, 101, {5000, 5100}));
  history.push_back(charged(1, 102, {5001, 5100}));
  history.push_back(balance(102, {5010, 5020}));
  history.push_back(balance(100, {5015, 5030}));
  history.push_back(balance(101, {5030, 5040}));
  history.push_back(balance(101, {6000, 6010}));
  const auto found = find_violations(history);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].operations, SizeIs(4)) << found[0];
  EXPECT_THAT(found[0].earlier, SizeIs(6)) << found[0];
  EXPECT_THAT(testing::PrintToString(found[0]), HasSubstr("wallet 1: no order explains these answers; "
                                                          "before them: balance 100\n"));
}

TEST(Linearizable, gives_up_in_words) {
  History history;
  for (std::int64_t i = 1; i <= 30; ++i)
    history.push_back(of(kWallet, Kind::charge, i, std::nullopt, {i, i + 1}));
  history.push_back(balance(31, {100, 101}));
  EXPECT_THAT([&] { find_violations(history, 1000); },
              testing::ThrowsMessage<std::runtime_error>("wallet 1: too many possibilities"));
}

// --- at random

// Every order, tried: what the search must agree with.
template <class State>
bool has_order(const State& state, const History& rest) {
  const auto end = [](const Operation& one) { return one.told ? *one.answered_at : INT64_MAX; };
  if (std::ranges::none_of(rest, [](const auto& one) { return one.told.has_value(); })) return true;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const bool may_be_next =
        std::ranges::all_of(rest, [&](const auto& other) { return rest[i].invoked_at <= end(other); });
    const auto after = may_be_next ? step(state, rest[i]) : std::nullopt;
    if (!after) continue;
    History without = rest;
    without.erase(without.begin() + std::ptrdiff_t(i));
    if (has_order(*after, without)) return true;
  }
  return false;
}

class Roll {
 public:
  explicit Roll(const std::vector<std::uint8_t>& dice) : dice_(dice) {}
  bool is_left() const { return next_ < dice_.size(); }
  int below(int sides) { return is_left() ? dice_[next_++] % sides : 0; }

 private:
  const std::vector<std::uint8_t>& dice_;
  std::size_t next_ = 0;
};

Operation any_of_wallet(Roll& roll, std::int64_t id) {
  Operation one{.key = kWallet, .kind = std::array{Kind::charge, Kind::spend, Kind::balance}[roll.below(3)]};
  one.argument = 1 + roll.below(2);
  if (one.kind == Kind::balance || roll.below(3) > 0) one.told = Told{.id = id, .balance = roll.below(5)};
  if (one.kind == Kind::spend && one.told && roll.below(2) == 0) one.told->outcome = Outcome::poor;
  return one;
}

Operation any_of_seat(Roll& roll, std::int64_t id) {
  Operation one{
      .key = kSeat,
      .kind = std::array{Kind::hold, Kind::hold, Kind::cancel, Kind::pay, Kind::look}[roll.below(5)]};
  one.argument = 1 + roll.below(one.kind == Kind::hold ? 2 : 4);
  if (one.kind == Kind::look || roll.below(4) > 0) one.told = Told{};
  if (!one.told) return one;
  if (one.kind == Kind::hold) {
    one.told->outcome =
        std::array{Outcome::done, Outcome::done, Outcome::same, Outcome::occupied}[roll.below(4)];
    if (one.told->outcome == Outcome::done) one.told->id = id;
    if (one.told->outcome == Outcome::same) one.told->id = 1 + roll.below(4);
  } else {
    const auto outcomes = std::array{Outcome::held, Outcome::paid, Outcome::over, Outcome::done};
    one.told->outcome = outcomes[roll.below(one.kind == Kind::look ? 3 : 4)];
    if (one.kind != Kind::look && one.told->outcome == Outcome::held) one.told->outcome = Outcome::done;
  }
  return one;
}

TEST(Linearizable, agrees_with_trying_every_order) {
  int with = 0, without = 0;
  const auto agrees = [&](const std::vector<std::uint8_t>& dice, bool seat) {
    Roll roll(dice);
    History history;
    while (roll.is_left() && history.size() < 7) {
      const auto id = std::int64_t(history.size()) + 1;
      history.push_back(seat ? any_of_seat(roll, id) : any_of_wallet(roll, id));
      history.back().invoked_at = roll.below(20);
      history.back().answered_at = history.back().invoked_at + roll.below(12);
    }
    const bool expected = seat ? has_order(Seat{}, history) : has_order(Wallet{}, history);
    ++(expected ? with : without);
    RC_ASSERT(find_violations(history).empty() == expected);
  };
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(rc::check("seat", [&](const std::vector<std::uint8_t>& dice) { agrees(dice, true); }));
    ASSERT_TRUE(rc::check("wallet", [&](const std::vector<std::uint8_t>& dice) { agrees(dice, false); }));
  }
  EXPECT_GT(with, 500);
  EXPECT_GT(without, 500);
}

// Not made smaller on failure: what is reported is as short as it gets.
unsigned any_seed() {
  return *rc::gen::noShrink(rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<unsigned>()));
}

TEST(Linearizable, accepts_what_one_thing_at_a_time_answers) {
  EXPECT_TRUE(rc::check([] {
    SimulatedSale sale(any_seed());
    sale.go_on(600);
    const auto found = find_violations(sale.history());
    RC_ASSERT(testing::PrintToString(found) == "{}");
  }));
}

TEST(Linearizable, copes_with_ten_thousand_operations_of_two_hundred_keys) {
  SimulatedSale sale(1, {.seats = 100, .users = 100, .spread = 40'000});
  sale.go_on(10'000);
  EXPECT_THAT(find_violations(sale.history()), IsEmpty());
}

// Each bug, planted in the middle of a busy sale whose calls overlap and lose answers, is found where it is,
// and nothing else is.
TEST(Linearizable, catches_each_planted_bug_in_a_busy_sale) {
  using Simulated = SimulatedSale;
  const std::map<std::string, std::pair<Key, std::function<void(Simulated&)>>> bugs{
      {"a dropped lock",
       {{Thing::seat, Simulated::kSpareSeat}, [](Simulated& sale) { sale.grant_to_two(); }}},
      {"a stale look", {{Thing::seat, Simulated::kSpareSeat}, [](Simulated& sale) { sale.look_stale(); }}},
      {"a stale balance", {{Thing::wallet, 1}, [](Simulated& sale) { sale.read_stale_balance(); }}},
      {"a lost update", {{Thing::wallet, 1}, [](Simulated& sale) { sale.lose_charge(); }}},
      {"a refusal that was done", {{Thing::wallet, 1}, [](Simulated& sale) { sale.refuse_and_charge(); }}},
      {"a payment without deduction", {{Thing::wallet, 1}, [](Simulated& sale) { sale.pay_for_nothing(); }}}};
  for (const auto& [name, bug] : bugs) {
    const auto& [key, plant] = bug;
    EXPECT_TRUE(rc::check(name, [&] {
      SimulatedSale sale(any_seed());
      sale.go_on(100);
      plant(sale);
      sale.go_on(100);
      const auto found = find_violations(sale.history());
      RC_ASSERT(found.size() == 1u);
      RC_ASSERT(found[0].key == key);
    }));
  }
}

}  // namespace
}  // namespace stagedoor::test
