// The booking store: the truth about seats, money, visits and the line. Adapters: sqlite, postgres, memory
// (the oracle).
//
// Several instances may write one store (postgres). Then one of them writes at a time, and each hears every
// batch of the others before it decides its own: under its transaction its memory is the truth.
//
// Outages are exceptions of the kinds below. Unless they say otherwise the transaction had no effect.
#pragma once

#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "engine/changes.h"
#include "engine/view.h"

namespace stagedoor {

// The store will not have this batch as it is: a constraint or a guard refused a row. Trying again helps only
// without it.
struct StoreRefused : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// The store cannot work now (busy, full, gone). Nothing was done.
struct StoreUnavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// The store went away while it committed, and was not back in time to say whether it had.
struct StoreOutcomeUnknown : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The store cannot be used as it is: damaged, foreign, newer, in use. The message is for the operator.
struct StoreUnusable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Transaction {
 public:
  virtual ~Transaction() = default;  // without commit(): nothing was done
  // Puts the rows of `keys` into the view, absent ones as known to be absent. The view holds none of them
  // yet.
  virtual void load(const Keys& keys, View& view) = 0;
  virtual void apply(const Batch& batch) = 0;
  virtual void commit() = 0;  // durable when it returns. A failed fsync ends the process.
};

// What may be removed once it is older.
struct Retention {
  TimePoint answers_before{};                // idempotent answers (R-X5: kept 24 h)
  std::optional<TimePoint> outbox_before{};  // events that nobody relays; none: keep all
};

class Store {
 public:
  virtual ~Store() = default;
  // Lane thread; one at a time. Until the transaction ends nobody else writes.
  virtual std::unique_ptr<Transaction> begin() = 0;

  // Who is told what other instances committed: each batch once, in the order of the commits, from within
  // begin() and follow(). Of those batches the postings, outbox and log are left out. Before the first
  // begin().
  virtual void on_others(std::function<void(const Batch&)> hear) = 0;
  // Who is told, now and then while begin() waits for another's turn to end, that everything committed before
  // `since` has been heard. Before the first begin().
  virtual void on_waiting(std::function<void(std::chrono::steady_clock::time_point since)>) {}
  // Hears of the others without writing. Lane thread, between transactions.
  virtual void follow() = 0;
  // How long to go at most without begin() or follow(); nothing when only this process writes the store.
  virtual std::optional<Millis> follow_every() const = 0;

  // What the read models are made from at start. Call before the first begin().
  virtual Catalogue catalogue() = 0;
  virtual void each_taking_reservation(
      const std::function<void(const Reservation&)>&) = 0;  // takes_seat(), by id
  virtual void each_block(const std::function<void(SeatId)>&) = 0;
  virtual void each_place(const std::function<void(const LinePlace&)>&) = 0;  // by event, place
  virtual void each_visit(const std::function<void(const Visit&)>&) = 0;      // by event, place
  virtual void each_absence(const std::function<void(const PlaceBits&)>&) = 0;
  virtual void each_draw(const std::function<void(const Draw&)>&) = 0;
  // By event, user.
  virtual void each_priority(const std::function<void(const PriorityUser&)>&) = 0;
  virtual std::int64_t ids_reserved_to() = 0;  // 1 in a new store
  virtual TimePoint latest_moment() = 0;       // highest Batch::now committed

  // Removes at most `rows_max` rows of each kind, oldest first, in a transaction of its own; how many went.
  // Lane thread, between transactions.
  virtual std::size_t forget(const Retention& retention, std::size_t rows_max) = 0;
};

// A page of a growing list, newest first.
struct PageAt {
  std::int64_t before = 0;  // rows below this id (or seq); 0 = from the newest
  int limit = 50;
  std::int64_t bound() const { return before ? before : std::numeric_limits<std::int64_t>::max(); }
};

// Reads for one fan or operator, beside the lane: committed rows, a short look each. One thread at a time per
// object.
class Queries {
 public:
  virtual ~Queries() = default;
  virtual std::optional<Reservation> reservation(ReservationId id) = 0;
  virtual std::vector<Reservation> reservations_of(const UserId& user,
                                                   std::optional<ReservationStatus> status, PageAt at) = 0;
  virtual std::optional<Wallet> wallet(const UserId& user) = 0;
  virtual std::vector<Posting> history(WalletId wallet, PageAt at) = 0;  // cursor: seq
  virtual std::optional<Payment> payment(PaymentId id) = 0;
  virtual std::vector<Payment> payments_of(const UserId& user, PageAt at) = 0;
  virtual std::vector<LogRow> log(PageAt at) = 0;
};

}  // namespace stagedoor
