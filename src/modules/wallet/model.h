// Money: every movement is one posting between two accounts (R-W7), and a wallet's row contains the sum of
// its postings.
#pragma once

#include "engine/command.h"

namespace stagedoor::wallet {

// The movements of a wallet within one decision: starts from its row (or a new one), adds postings, and
// returns the changes.
class WalletBook {
 public:
  // `stored` may be null: the first posting of a new user creates the wallet.
  WalletBook(const Wallet* stored, const UserId& user, BatchContext& context);

  const Wallet& wallet() const { return wallet_; }
  const Posting& charge(Won amount) { return post(PostingType::CHARGE, amount, {}); }
  const Posting& use(Won amount, ReservationId for_what) { return post(PostingType::USE, amount, for_what); }
  const Posting& refund(Won amount, ReservationId of_what) {
    return post(PostingType::REFUND, amount, of_what);
  }
  // Moves the wallet's row, the postings and their outbox rows into `changes`.
  void write(Changes& changes);

 private:
  const Posting& post(PostingType type, Won amount, ReservationId reservation);

  Wallet wallet_;
  std::vector<Posting> postings_;
  BatchContext& context_;
};

struct Charge {
  UserId user;
  Won amount;
  Won balance_max;
};
struct Charged {
  Wallet wallet;
  Posting posting;
};
// Refusals: INVALID_AMOUNT (outside 1 … balance_max), BALANCE_LIMIT_EXCEEDED.
Decision<Charged> decide_charge(const Charge& order, const View& view, BatchContext& context);

}  // namespace stagedoor::wallet
