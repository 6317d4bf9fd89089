#include "adapters/memory/memory_transaction.h"

#include <fmt/format.h>

namespace stagedoor::memory {
namespace {

void demand(bool holds, std::string_view constraint) {
  if (!holds) throw StoreRefused(fmt::format("constraint: {}", constraint));
}

template <class Table, class Key, class Row>
void insert(Table& table, const Key& key, const Row& row, std::string_view what) {
  demand(!table.find(key), what);
  table.put(key, row);
}

}  // namespace

MemoryTransaction::MemoryTransaction(MemoryStore& store)
    : store_(store),
      tables_(store.tables_),
      catalogue_(tables_.catalogue),
      layers_(tables_),
      taking_(tables_.taking),
      wallet_users_(tables_.wallet_users),
      ids_reserved_to_(tables_.ids_reserved_to),
      latest_moment_(tables_.latest_moment) {}

// As in the database adapters: referenced rows before referencing rows, changes that free a seat before those
// that take one.
void MemoryTransaction::apply(const Batch& batch) {
  write(batch.catalogue);
  for (const auto& row : batch.payments) add(row);
  for (const auto& one : batch.reservations.rows())
    if (one.stored) change(one);
  for (const auto& one : batch.reservations.rows())
    if (!one.stored) add(one.row);
  for (const auto& one : batch.wallets.rows()) write(one);
  for (const auto& one : batch.visits.rows()) write(one);
  for (const auto& one : batch.line.rows())
    if (!batch.line_is_elsewhere) write(one);
  for (const auto& row : batch.absences) {
    demand(row.block >= 0 && row.bits.size() == kPlaceBits / 8, "a block of absences is whole");
    layers_.of(kinds::absences{}).put({row.event, row.block}, row);
  }
  for (const auto& one : batch.draws.rows()) write(one);
  for (const auto& row : batch.priority) {
    demand(catalogue_.event(row.event), "priority_users.event_id is an event's");
    PriorityUser stored = row;
    const PriorityUser* before = layers_.of(kinds::priority{}).find({row.event, row.user});
    if (before && (row.taken_back_at || !before->taken_back_at)) stored.granted_at = before->granted_at;
    layers_.of(kinds::priority{}).put({row.event, row.user}, stored);
  }
  for (const auto& one : batch.blocks.rows()) write(one.row);
  for (const auto& row : batch.postings) add(row);
  for (const auto& row : batch.answers) add(row);
  for (const auto& row : batch.outbox)
    insert(layers_.of(kinds::outbox{}), row.id, row, "outbox.id is unique");
  for (const auto& row : batch.log)
    insert(layers_.of(kinds::log{}), row.id, row, "operator_log.id is unique");
  static_assert(kKindsWrittenByName == 18, "each of them is written above, or stored nowhere");
  for_each_kind([&]<class Kind>(Kind kind) {
    if constexpr (kIsPutWhole<Kind>) {
      for (const auto& row : Kind::in(batch)) {
        demand(!kIsPutOnce<Kind> || !layers_.of(kind).find(Kind::key(row)), "a row is written once");
        layers_.of(kind).put(Kind::key(row), row);
      }
    }
  });
  if (batch.ids_reserved_to) ids_reserved_to_ = std::max(ids_reserved_to_, *batch.ids_reserved_to);
  latest_moment_ = std::max(latest_moment_, batch.now);
}

void MemoryTransaction::change(const Write<Reservation>& write) {
  const Reservation* before = layers_.of(kinds::reservations{}).find(write.row.id);
  demand(before && before->version == write.stored->version, "the reservation is as the batch knew it");
  Reservation row = write.row;
  row.seat = before->seat;
  row.date = before->date;
  row.event = before->event;
  row.price = before->price;
  row.created_at = before->created_at;
  put(row, before);
}

void MemoryTransaction::add(const Reservation& row) {
  demand(!layers_.of(kinds::reservations{}).find(row.id), "reservations.id is unique");
  demand(catalogue_.date_of(row.seat) != nullptr, "reservations.seat_id is a seat's");
  demand(row.price >= Won{0}, "reservations.price >= 0");
  put(row, nullptr);
}

void MemoryTransaction::put(const Reservation& row, const Reservation* before) {
  demand((row.reason != CancelReason::NONE) == (row.status == ReservationStatus::CANCELLED),
         "a cancelled reservation has a reason");
  demand(row.payment || (row.status != ReservationStatus::PAID && row.status != ReservationStatus::REFUNDED),
         "a paid reservation has a payment");
  demand(!row.payment || layers_.of(kinds::payments{}).find(row.payment),
         "reservations.payment_id is a payment's");
  demand(row.version > 0, "reservations.version > 0");
  if (before && before->takes_seat()) taking_.erase(before->seat);
  if (row.takes_seat()) insert(taking_, row.seat, row.id, "one reservation takes a seat");
  layers_.of(kinds::reservations{}).put(row.id, row);
}

void MemoryTransaction::write(const Write<Wallet>& write) {
  const Wallet& row = write.row;
  demand(row.balance >= Won{0} && row.seq >= 0, "wallets.balance >= 0");
  const Wallet* before = layers_.of(kinds::wallets{}).find(row.user);
  if (!write.stored) {
    demand(!before, "wallets.user_id is unique");
    insert(wallet_users_, row.id, row.user, "wallets.id is unique");
  } else {
    demand(before && before->id == row.id && before->seq == write.stored->seq,
           "the wallet is as the batch knew it");
  }
  layers_.of(kinds::wallets{}).put(row.user, row);
}

void MemoryTransaction::write(const Write<Visit>& write) {
  Visit row = write.row;
  const EventPlace key{row.event, row.place};
  const Visit* before = layers_.of(kinds::visits{}).find(key);
  demand(row.place > 0, "visits.place > 0");
  if (!write.stored) {
    demand(!before, "visits (event_id, place) is unique");
  } else {
    demand(before && before->expires_at == write.stored->expires_at, "the visit is as the batch knew it");
    row.user = before->user;
    row.activated_at = before->activated_at;
  }
  demand(row.expires_at >= row.activated_at, "visits.expires_at >= activated_at");
  layers_.of(kinds::visits{}).put(key, row);
}

void MemoryTransaction::write(const Write<LinePlace>& write) {
  LinePlace row = write.row;
  const EventPlace key{row.event, row.place};
  const LinePlace* before = layers_.of(kinds::line{}).find(key);
  demand(row.place > 0, "line_places.place > 0");
  if (!write.stored) {
    demand(!before, "line_places (event_id, place) is unique");
  } else {
    demand(before && before->user == row.user && !before->left_at, "the place is as the batch knew it");
    row.joined_at = before->joined_at;
  }
  layers_.of(kinds::line{}).put(key, row);
}

void MemoryTransaction::write(const Write<Draw>& write) {
  const Draw& row = write.row;
  const Draw* before = layers_.of(kinds::draws{}).find(row.event);
  demand(catalogue_.event(row.event), "draws.event_id is an event's");
  demand(row.seed.size() == 32, "draws.seed has 32 bytes");
  demand(row.digest.size() == (row.drawn_at ? 32U : 0U), "draws.digest has 32 bytes once drawn");
  if (!write.stored) demand(!before, "draws.event_id is unique");
  else demand(before && before->seed == row.seed && !before->drawn_at, "the draw is as the batch knew it");
  layers_.of(kinds::draws{}).put(row.event, row);
}

void MemoryTransaction::write(const SeatBlock& block) {
  if (!block.blocked) return layers_.of(kinds::blocks{}).erase(block.seat);
  demand(catalogue_.date_of(block.seat) != nullptr, "seat_blocks.seat_id is a seat's");
  layers_.of(kinds::blocks{}).put(block.seat, block);
}

void MemoryTransaction::add(const Payment& row) {
  demand(row.total >= Won{0}, "payments.total >= 0");
  Payment stored = row;
  stored.reservations.clear();
  insert(layers_.of(kinds::payments{}), row.id, stored, "payments.id is unique");
}

void MemoryTransaction::add(const Posting& row) {
  demand(wallet_users_.find(row.wallet), "postings.wallet_id is a wallet's");
  demand(row.seq > 0 && row.amount > Won{0} && row.balance_after >= Won{0}, "postings.amount > 0");
  demand(row.debit_account != row.credit_account, "a posting is between two accounts");
  insert(layers_.of(kinds::postings{}), WalletSeq{row.wallet, row.seq}, row,
         "postings (wallet_id, seq) is unique");
}

void MemoryTransaction::add(const IdempotentAnswer& row) {
  const UserKey key{row.user, row.key};
  const IdempotentAnswer* before = layers_.of(kinds::answers{}).find(key);
  demand(!before || before->created_at <= row.created_at - kAnswersKept, "an answer is kept already");
  layers_.of(kinds::answers{}).put(key, row);
}

void MemoryTransaction::write(const CatalogueChanges& changes) {
  for (const auto& event : changes.events) {
    const Event* before = catalogue_.event(event.id);
    auto row = std::make_shared<Event>(event);
    if (before) row->created_at = before->created_at;
    catalogue_.events.insert_or_assign(event.id, std::move(row));
  }
  for (const auto& date : changes.dates) write(date);
  for (const auto& [name, layout] : changes.layouts) catalogue_.layouts.insert_or_assign(name, layout);
  for (const auto& text : changes.imports) catalogue_.imports.insert_or_assign(text.digest, text.log);
  for (const auto& row : changes.cancellations) catalogue_.cancellations.insert_or_assign(row.date, row);
}

void MemoryTransaction::write(const EventDate& date) {
  auto row = std::make_shared<EventDate>(date);
  for (const auto& category : date.categories) demand(category.price >= Won{0}, "categories.price >= 0");
  if (const EventDate* before = catalogue_.date(date.id)) {
    row->event = before->event;
    row->first_seat = before->first_seat;
    row->seats = before->seats;
    row->created_at = before->created_at;
  } else {
    demand(catalogue_.event(date.event), "dates.event_id is an event's");
    for (std::size_t i = 0; i < date.seats.size(); ++i) {
      demand(!catalogue_.date_of(date.seat_id(i)), "seats.id is unique");
      demand(date.seats[i].number > 0, "seats.number > 0");
    }
    demand(catalogue_.dates_by_first_seat.emplace(date.first_seat, date.id).second,
           "dates.first_seat is unique");
  }
  catalogue_.dates.insert_or_assign(date.id, std::move(row));
}

void MemoryTransaction::commit() {
  const std::lock_guard lock(store_.mutex_);
  tables_.catalogue = std::move(catalogue_);
  layers_.commit();
  taking_.commit();
  wallet_users_.commit();
  tables_.ids_reserved_to = ids_reserved_to_;
  tables_.latest_moment = latest_moment_;
}

}  // namespace stagedoor::memory
