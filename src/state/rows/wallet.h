// Money: wallets, the postings between accounts (R-W7), payments.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <vector>

#include "core/ids.h"
#include "core/money.h"
#include "core/time.h"
#include "core/uuid.h"

namespace stagedoor {

struct Wallet {
  WalletId id{};
  UserId user{};
  Won balance{};
  std::int64_t seq = 0;  // number of postings so far, and the seq of the newest one
};
BOOST_DESCRIBE_STRUCT(Wallet, (), (id, user, balance, seq))

BOOST_DEFINE_ENUM_CLASS(PostingType, CHARGE, USE, REFUND)

// One movement between two accounts. A user's account is the wallet's id. The house's accounts are the
// negative numbers below; their balances are sums of postings and are not stored.
inline constexpr std::int64_t kHouseAccount = -1;    // revenue
inline constexpr std::int64_t kChargesAccount = -2;  // money from outside

struct Posting {
  PostingId id{};
  WalletId wallet{};
  std::int64_t seq = 0;  // 1, 2, 3… per wallet
  PostingType type = PostingType::CHARGE;
  Won amount{};         // > 0: from `debit_account` to `credit_account`
  Won balance_after{};  // of the wallet
  std::int64_t debit_account = 0;
  std::int64_t credit_account = 0;
  ReservationId reservation{};  // 0 for a charge
  TimePoint created_at{};
};
BOOST_DESCRIBE_STRUCT(Posting, (),
                      (wallet, seq, id, type, amount, balance_after, debit_account, credit_account,
                       reservation, created_at))

struct Payment {
  PaymentId id{};
  UserId user{};
  Won total{};
  TimePoint created_at{};
  std::vector<ReservationId> reservations{};  // stored with the reservations, not in a column
};
BOOST_DESCRIBE_STRUCT(Payment, (), (id, user, total, created_at))

}  // namespace stagedoor
