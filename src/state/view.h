// The rows that a batch of commands has loaded for its keys, with the changes of the commands decided so far.
// A row that is absent in the store is an empty optional; a row that was not loaded has no entry.
//
// The lane keeps the View between batches as a write-through cache, so a hot batch reads nothing from the
// store. Rows that another instance commits are dropped here and loaded again on demand. Lane thread only.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/ensure.h"
#include "state/catalogue.h"
#include "state/rows/answer.h"
#include "state/rows/line_log.h"
#include "state/rows/outbox.h"
#include "state/rows/reservation.h"
#include "state/rows/ticket_use.h"
#include "state/rows/waiting_room.h"
#include "state/rows/wallet.h"

namespace stagedoor {

template <class SomeKey, class Row>
class Table {
 public:
  using Key = SomeKey;

  bool knows(const Key& key) const { return rows_.contains(key); }
  // Requires knows(key); to read a row that rows_to_load() did not name is a bug. nullptr: the store has no
  // such row.
  const Row* find(const Key& key) const {
    const auto at = rows_.find(key);
    ensure(at != rows_.end(), "a command reads a row that its rows_to_load() did not name");
    return at->second ? &*at->second : nullptr;
  }
  // nullptr also for a row that is not known.
  const Row* find_if_known(const Key& key) const { return knows(key) ? find(key) : nullptr; }
  void put(const Key& key, std::optional<Row> row) { rows_.insert_or_assign(key, std::move(row)); }
  Row& at_or_new(const Key& key) {
    auto& row = rows_[key];
    return row ? *row : row.emplace();
  }
  void forget(const Key& key) { rows_.erase(key); }
  std::size_t size() const { return rows_.size(); }
  void clear() { rows_.clear(); }

 private:
  absl::flat_hash_map<Key, std::optional<Row>> rows_;
};

using EventUser = std::pair<EventId, UserId>;
using EventPlace = std::pair<EventId, Place>;
using SeatUser = std::pair<SeatId, UserId>;
using UserKey = std::pair<UserId, std::string>;

struct SeatState {
  ReservationId taken_by;  // the reservation that takes the seat (may be expired and not yet swept); 0: none
  bool blocked = false;
};

// One user's reservations of one event that take a seat.
struct FanSeats {
  std::vector<ReservationId> unpaid;  // with expired ones, until they are swept
  std::vector<ReservationId> paid;
};

// The rows that commands need before they are decided.
struct Keys {
  absl::flat_hash_set<ReservationId> reservations;
  absl::flat_hash_set<SeatId> seats;    // loads SeatState and the row of taken_by
  absl::flat_hash_set<EventUser> fans;  // loads FanSeats and their rows
  absl::flat_hash_set<UserId> wallets;
  absl::flat_hash_set<EventPlace> visits;
  absl::flat_hash_set<UserKey> answers;  // idempotency
  // Loads the end of the user's newest hold of the seat that expired or was given up (R-S8). A hold that was
  // made longer ago than this before the newest hold of all may be missed.
  absl::flat_hash_map<SeatUser, Millis> last_ended;
  absl::flat_hash_set<PaymentId> payments;
  absl::flat_hash_set<EventId> draws;
  absl::flat_hash_set<std::string> key_versions;
  absl::flat_hash_set<TicketRef> ticket_uses;

  bool empty() const;
};

struct Changes;
struct Batch;

class View {
 public:
  std::shared_ptr<const Catalogue> catalogue;  // never null
  Table<ReservationId, Reservation> reservations;
  Table<SeatId, SeatState> seats;
  Table<EventUser, FanSeats> fans;
  Table<UserId, Wallet> wallets;
  Table<EventPlace, Visit> visits;
  Table<UserKey, IdempotentAnswer> answers;
  Table<SeatUser, TimePoint> last_ended;  // end of that hold
  Table<PaymentId, Payment> payments;
  Table<EventId, Draw> draws;
  Table<std::string, KeyVersion> key_versions;
  Table<TicketRef, TicketUse> ticket_uses;
  // Places that the commands of this batch gave or gave up; those of earlier batches are in the rooms.
  absl::flat_hash_map<EventUser, LinePlace> line;
  absl::flat_hash_map<EventId, Place> last_place;
  // The newest marks that the commands of this batch set.
  absl::flat_hash_map<EventId, LineMark> last_mark;
  // The seats that the commands of this batch changed, in order, with repetitions.
  std::vector<SeatId> changed_seats;
  std::uint64_t batches_ended = 0;  // committed or failed; tells this batch from others

  // Adds the rows of a decided command, and updates what is derived from them: who takes a seat, which seats
  // a fan has.
  void apply(const Changes& changes);
  // Ends the batch, after the rooms have received it.
  void end_batch() {
    line.clear();
    last_place.clear();
    last_mark.clear();
    changed_seats.clear();
    ++batches_ended;
  }
  std::size_t rows() const;
  // Drops every row that the batch of another instance wrote, and the entries that refer to it.
  void forget(const Batch& batch);
  // Drops the rows of these keys, and the entries that refer to them.
  void forget(const Keys& keys);
  // Drops all rows, but not the catalogue.
  void clear();

 private:
  void apply(const Reservation& row);
  // Drops the reservation and the entries that are derived from it.
  void forget(const Reservation& row);
};

}  // namespace stagedoor
