// Rows and batches for the contract suite: one event of two dates with ten seats each, and users by number.
#pragma once

#include "ports/transaction.h"
#include "state/changes.h"

namespace stagedoor::contract {

inline constexpr EventId kEvent{1};
inline constexpr DateId kDate{1};
inline constexpr SeatId kFirstSeat{101};  // of date 1; those of date 2 follow from 201
inline constexpr std::size_t kSeats = 10;

constexpr TimePoint at(std::int64_t ms) { return from_ms(1'700'000'000'000 + ms); }
UserId user(std::uint8_t number);
SeatId seat(int number);  // 1–10 of date 1, 11–20 of date 2

CatalogueChanges sample_catalogue();

// RESERVED, version 1, held at `made` for five minutes.
Reservation hold(std::int64_t id, SeatId seat, const UserId& user, TimePoint made = at(0));
// The same reservation one version on.
Reservation paid(Reservation row, std::int64_t payment, TimePoint when = at(1000));
Reservation cancelled(Reservation row, CancelReason reason, TimePoint when = at(1000));
Wallet wallet(std::int64_t id, const UserId& user, std::int64_t balance, std::int64_t seq);
Posting charge(std::int64_t id, const Wallet& after, std::int64_t amount);
Visit visit(Place place, const UserId& user, TimePoint from = at(0), TimePoint until = at(300'000));
LinePlace place(Place number, const UserId& user, TimePoint joined = at(0));
IdempotentAnswer answer(const UserId& user, std::string key, TimePoint when = at(0));
OutboxRow outbox(std::int64_t id, std::string key, std::int64_t version, TimePoint when = at(0));
LogRow log_row(std::int64_t id);

// New rows, or changes of rows as `stored`.
void put(Batch& batch, const Reservation& row, const Reservation* stored = nullptr);
void put(Batch& batch, const Wallet& row, const Wallet* stored = nullptr);
void put(Batch& batch, const Visit& row, const Visit* stored = nullptr);
void put(Batch& batch, const LinePlace& row, const LinePlace* stored = nullptr);
void put(Batch& batch, const SeatBlock& row);

void commit(Store& store, const Batch& batch);
template <class... Rows>
void commit_rows(Store& store, const Rows&... rows) {
  Batch batch;
  (put(batch, rows), ...);
  commit(store, batch);
}
template <class Row>
void commit_change(Store& store, const Row& row, const Row& stored) {
  Batch batch;
  put(batch, row, &stored);
  commit(store, batch);
}
// True when the store refused the batch.
bool refuses(Store& store, const Batch& batch);

void open_sample(Store& store);
// The view with `keys` loaded.
View loaded(Store& store, const Keys& keys);

}  // namespace stagedoor::contract
