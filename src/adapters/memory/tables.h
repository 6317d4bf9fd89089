// The tables of the store in memory, and a layer over one of them: what a transaction has changed and not yet
// committed.
#pragma once

#include <map>
#include <optional>
#include <utility>

#include "state/catalogue.h"
#include "state/rows.h"
#include "state/view.h"

namespace stagedoor {

using WalletSeq = std::pair<WalletId, std::int64_t>;

struct Tables {
  Catalogue catalogue;
  std::map<ReservationId, Reservation> reservations;
  std::map<SeatId, ReservationId> taking;  // the unique index "one per seat"
  std::map<UserId, Wallet> wallets;
  std::map<WalletId, UserId> wallet_users;  // by their id
  std::map<WalletSeq, Posting> postings;
  std::map<PaymentId, Payment> payments;  // without `reservations`: those say what paid for them
  std::map<EventPlace, Visit> visits;
  std::map<EventPlace, LinePlace> line;
  std::map<std::pair<EventId, std::int32_t>, PlaceBits> absences;
  std::map<EventId, Draw> draws;
  std::map<EventUser, PriorityUser> priority;
  std::map<SeatId, SeatBlock> blocks;  // only blocked ones
  std::map<UserKey, IdempotentAnswer> answers;
  std::map<OutboxId, OutboxRow> outbox;
  std::map<LogId, LogRow> log;
  std::int64_t ids_reserved_to = 1;
  TimePoint latest_moment{};
};

template <class Key, class Row>
class Layer {
 public:
  explicit Layer(std::map<Key, Row>& table) : table_(table) {}

  const Row* find(const Key& key) const {
    if (const auto at = changed_.find(key); at != changed_.end()) return at->second ? &*at->second : nullptr;
    const auto at = table_.find(key);
    return at == table_.end() ? nullptr : &at->second;
  }
  void put(const Key& key, Row row) { changed_.insert_or_assign(key, std::move(row)); }
  void erase(const Key& key) { changed_.insert_or_assign(key, std::nullopt); }
  void commit() {
    for (auto& [key, row] : changed_) {
      if (row) table_.insert_or_assign(key, std::move(*row));
      else table_.erase(key);
    }
    changed_.clear();
  }

 private:
  std::map<Key, Row>& table_;
  std::map<Key, std::optional<Row>> changed_;
};

}  // namespace stagedoor
