// One batch's transaction on the in-memory tables: layers over the tables, which a commit merges.
#pragma once

#include "adapters/memory/memory_store.h"

namespace stagedoor::memory {

class MemoryTransaction final : public Transaction {
 public:
  explicit MemoryTransaction(MemoryStore& store);

  void load(const Keys& keys, View& view) override;
  void apply(const Batch& batch) override;
  void commit() override;

 private:
  void change(const Write<Reservation>& write);
  void add(const Reservation& row);
  void put(const Reservation& row, const Reservation* before);
  void write(const Write<Wallet>& write);
  void write(const Write<Visit>& write);
  void write(const Write<Draw>& write);
  void write(const Write<LinePlace>& write);
  void write(const SeatBlock& block);
  void add(const Payment& row);
  void add(const Posting& row);
  void add(const IdempotentAnswer& row);
  void write(const CatalogueChanges& changes);
  void write(const EventDate& date);

  MemoryStore& store_;
  Tables& tables_;
  Catalogue catalogue_;
  Layers layers_;
  Layer<SeatId, ReservationId> taking_;
  Layer<WalletId, UserId> wallet_users_;
  std::int64_t ids_reserved_to_;
  TimePoint latest_moment_;
};

}  // namespace stagedoor::memory
