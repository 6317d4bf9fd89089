#include "modules/wallet/model.h"

#include <fmt/format.h>

#include "core/ensure.h"
#include "modules/events/event_types.h"

namespace stagedoor::wallet {

WalletBook::WalletBook(const Wallet* stored, const UserId& user, BatchContext& context) : context_(context) {
  if (stored) wallet_ = *stored;
  else wallet_ = {context.ids.next<WalletId>(), user, {}, 0};
}

const Posting& WalletBook::post(PostingType type, Won amount, ReservationId reservation) {
  ensure(amount > Won{0}, "the amount of a posting is above zero");
  const bool takes = type == PostingType::USE;
  wallet_.balance += takes ? -amount : amount;
  ensure(wallet_.balance >= Won{0}, "a balance never goes below zero");
  ++wallet_.seq;
  const std::int64_t other = type == PostingType::CHARGE ? kChargesAccount : kHouseAccount;
  postings_.push_back({context_.ids.next<PostingId>(), wallet_.id, wallet_.seq, type, amount, wallet_.balance,
                       takes ? wallet_.id.value : other, takes ? other : wallet_.id.value, reservation,
                       context_.now});
  return postings_.back();
}

void WalletBook::write(Changes& changes) {
  changes.wallets.push_back(wallet_);
  for (auto& posting : postings_) {
    changes.outbox.push_back(events::event_of(posting, wallet_.user, context_.ids));
    changes.postings.push_back(std::move(posting));
  }
}

Decision<Charged> decide_charge(const Charge& order, const View& view, BatchContext& context) {
  if (order.amount < Won{1} || order.amount > order.balance_max) {
    return Refusal{.code = Code::INVALID_AMOUNT,
                   .message = fmt::format("The amount must be a whole number of won from 1 to {}.",
                                          order.balance_max.amount),
                   .details = {{"amount", "out of range"}}};
  }
  const Wallet* stored = view.wallets.find(order.user);
  const Won balance = stored ? stored->balance : Won{0};
  if (order.amount > order.balance_max - balance) {
    return Refusal{.code = Code::BALANCE_LIMIT_EXCEEDED,
                   .message = fmt::format("The balance limit is {} won; at most {} can be charged.",
                                          order.balance_max.amount, (order.balance_max - balance).amount),
                   .extra = {{"balance", fmt::to_string(balance.amount)}}};
  }
  WalletBook book(stored, order.user, context);
  Posting posting = book.charge(order.amount);
  Changes changes;
  book.write(changes);
  return {Charged{book.wallet(), std::move(posting)}, std::move(changes)};
}

}  // namespace stagedoor::wallet
