#include "modules/wallet/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "support/stage.h"

namespace stagedoor::wallet {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

constexpr std::int64_t kMax = kBalanceMax.amount;

// R-W5, I-20
TEST(Charge, follows_the_table) {
  struct Row {
    const char* when;
    std::int64_t balance, amount;
    const char* decision;
  };
  const Row rows[] = {
      {"the least", 0, 1, "ok"},
      {"the most", 0, kMax, "ok"},
      {"up to the limit", kMax - 5, 5, "ok"},
      {"nothing", 0, 0, "INVALID_AMOUNT"},
      {"less than nothing", 1000, -1, "INVALID_AMOUNT"},
      {"the least number there is", 1000, std::numeric_limits<std::int64_t>::min(), "INVALID_AMOUNT"},
      {"more than the limit", 0, kMax + 1, "INVALID_AMOUNT"},
      {"the greatest number there is", kMax, std::numeric_limits<std::int64_t>::max(), "INVALID_AMOUNT"},
      {"one above the limit together", kMax - 5, 6, "BALANCE_LIMIT_EXCEEDED"},
      {"full already", kMax, 1, "BALANCE_LIMIT_EXCEEDED"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.when);
    Stage stage;
    if (row.balance > 0) stage.charge(1, Won{row.balance});
    const auto decision = stage.charge(1, Won{row.amount});
    EXPECT_EQ(outcome(decision), row.decision);
    const bool is_done = outcome(decision) == "ok";
    EXPECT_EQ(stage.balance(1).amount, row.balance + (is_done ? row.amount : 0));
    if (!is_done) {
      EXPECT_THAT(decision.changes.wallets, IsEmpty());
      EXPECT_THAT(decision.changes.postings, IsEmpty());
      EXPECT_THAT(decision.changes.outbox, IsEmpty());
    }
  }
}

// R-W5: the greatest limit that can be set leaves no way around it.
TEST(Charge, does_not_overflow_at_the_greatest_limit) {
  Stage stage;
  const Won limit{std::numeric_limits<std::int64_t>::max()};
  EXPECT_EQ(outcome(stage.charge(1, limit, limit)), "ok");
  EXPECT_EQ(outcome(stage.charge(1, Won{1}, limit)), "BALANCE_LIMIT_EXCEEDED");
  EXPECT_EQ(outcome(stage.charge(1, limit, limit)), "BALANCE_LIMIT_EXCEEDED");
  EXPECT_EQ(stage.balance(1), limit);
}

// R-W5: an operator who lowers the limit below a balance takes nothing away.
TEST(Charge, is_refused_above_a_lowered_limit) {
  Stage stage;
  stage.charge(1, Won{1000});
  EXPECT_EQ(outcome(stage.charge(1, Won{1}, Won{500})), "BALANCE_LIMIT_EXCEEDED");
  EXPECT_EQ(stage.balance(1), Won{1000});
}

// R-W2, R-W7, I-6, I-8, I-21
TEST(Charge, is_one_posting_from_the_outside_to_the_wallet) {
  Stage stage;
  stage.charge(1, Won{300});
  const auto decision = stage.charge(1, Won{45});
  const auto& [wallet, posting] = result_of(decision);
  EXPECT_EQ(wallet.balance, Won{345});
  EXPECT_EQ(wallet.seq, 2);
  EXPECT_EQ(posting.type, PostingType::CHARGE);
  EXPECT_EQ(posting.amount, Won{45});
  EXPECT_EQ(posting.balance_after, Won{345});
  EXPECT_EQ(posting.seq, 2);
  EXPECT_EQ(posting.debit_account, kChargesAccount);
  EXPECT_EQ(posting.credit_account, wallet.id.value);
  EXPECT_FALSE(posting.reservation);
  EXPECT_THAT(decision.changes.postings, ElementsAre(Field(&Posting::id, posting.id)));
  EXPECT_THAT(decision.changes.outbox, ElementsAre(Field(&OutboxRow::type, "stagedoor.wallet.charged.v1")));
}

// R-W1: one wallet a user, however often it is charged.
TEST(Charge, makes_a_wallet_with_the_first_and_keeps_it) {
  Stage stage;
  const WalletId first = result_of(stage.charge(1, Won{1})).wallet.id;
  EXPECT_EQ(result_of(stage.charge(1, Won{1})).wallet.id, first);
  EXPECT_NE(result_of(stage.charge(2, Won{1})).wallet.id, first);
}

// R-W7, I-6, I-7, I-8
TEST(WalletBook, keeps_the_sum_of_its_postings) {
  Ids ids(1);
  BatchContext context{kNow, ids};
  WalletBook book(nullptr, user_id(1), context);
  book.charge(Won{500});
  book.use(Won{200}, {7});
  book.use(Won{300}, {8});
  book.refund(Won{200}, {7});
  Changes changes;
  book.write(changes);
  ASSERT_EQ(changes.wallets.size(), 1u);
  const Wallet& wallet = changes.wallets.front();
  EXPECT_EQ(wallet.balance, Won{200});
  EXPECT_EQ(wallet.seq, 4);
  std::int64_t of_wallet = 0, seq = 0;
  for (const Posting& posting : changes.postings) {
    of_wallet += (posting.credit_account == wallet.id.value ? posting.amount.amount : 0) -
                 (posting.debit_account == wallet.id.value ? posting.amount.amount : 0);
    EXPECT_NE(posting.credit_account, posting.debit_account);
    EXPECT_EQ(posting.balance_after.amount, of_wallet);
    EXPECT_EQ(posting.seq, ++seq);
  }
  EXPECT_EQ(of_wallet, wallet.balance.amount);
  EXPECT_THAT(changes.outbox, ElementsAre(Field(&OutboxRow::version, 1), Field(&OutboxRow::version, 2),
                                          Field(&OutboxRow::version, 3), Field(&OutboxRow::version, 4)));
}

// R-W5, I-7: a bug ends the process rather than a balance below zero.
TEST(WalletBookDeathTest, never_goes_below_zero_nor_moves_nothing) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  Ids ids(1);
  BatchContext context{kNow, ids};
  WalletBook book(nullptr, user_id(1), context);
  book.charge(Won{500});
  EXPECT_DEATH(book.use(Won{501}, {7}), "below zero");
  EXPECT_DEATH(book.charge(Won{0}), "is above zero");
}

}  // namespace
}  // namespace stagedoor::wallet
