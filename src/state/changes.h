// The effect of decided commands on the store: the new state of every row they change. The kinds of rows:
// state/kinds.h.
//
// `Changes` belongs to one command. `Batch` is the sum of many; the last state wins, so a thousand charges of
// one wallet write its row once. Adapters write a Batch in this order, which satisfies all constraints: first
// changed rows (they only free seats), then new rows, then append-only rows.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <optional>
#include <vector>

#include "state/rows/answer.h"
#include "state/rows/audit_log.h"
#include "state/rows/line_log.h"
#include "state/rows/outbox.h"
#include "state/rows/reservation.h"
#include "state/rows/revocation.h"
#include "state/rows/ticket_use.h"
#include "state/rows/waiting_room.h"
#include "state/rows/wallet.h"
#include "state/view.h"

namespace stagedoor {

// New or changed rows of the catalogue; ids are set. A date's seats are written once, when the date is new.
struct CatalogueChanges {
  std::vector<Event> events;
  std::vector<EventDate> dates;  // whole; `seats` counts only for a new date
  std::vector<std::pair<std::string, Layout>> layouts;
  std::vector<ImportedText> imports = {};
  std::vector<DateCancellation> cancellations = {};
  bool empty() const {
    return events.empty() && dates.empty() && layouts.empty() && imports.empty() && cancellations.empty();
  }
};

// Some seats of a date that a large import has not shown yet. Only stored: no memory knows of them. The
// change of the catalogue that has the date with these seats shows it.
struct HiddenSeats {
  Event event;     // of the date; written, hidden, if the store has no such event
  EventDate date;  // without its seats
  std::int64_t seats_in_all = 0;
  std::size_t first = 0;  // index of the first of `seats`; those before it are stored
  std::vector<Seat> seats;
};

struct Changes {
  std::vector<Reservation> reservations;
  std::vector<Wallet> wallets;
  std::vector<Visit> visits;
  std::vector<LinePlace> line;
  std::vector<PlaceBitmap> absences;  // whole; replaces what is stored
  std::vector<PlaceBitmap> seen;      // signs of life; not stored, but sent to other instances
  std::vector<Draw> draws;
  std::vector<PriorityUser> priority;
  std::vector<SeatBlock> blocks;
  std::vector<Posting> postings;
  std::vector<Payment> payments;
  std::vector<IdempotentAnswer> answers;
  std::vector<OutboxRow> outbox;
  std::vector<LogRow> log;
  std::vector<Revocation> revocations;
  std::vector<HiddenSeats> hidden_seats;
  std::vector<KeyVersion> key_versions;  // rising, if a key is there more than once
  std::vector<LineMark> line_marks;
  std::vector<PassedOver> passed_over;
  std::vector<LineLeave> line_leaves;  // made by Batch::add
  std::vector<LineSource> line_sources;
  std::vector<Reassignment> reassignments;
  std::vector<TicketUse> ticket_uses;
  CatalogueChanges catalogue;
};

// One row to write. `stored` is the current row of the store, on which the write is conditional; nullopt:
// insert.
template <class Row>
struct Write {
  Row row;
  std::optional<Row> stored;
};

template <class Key, class Row>
class Writes {
 public:
  // `stored` is the current row of the store; nullptr: it has none.
  void put(const Key& key, const Row& row, const Row* stored) {
    const auto [at, is_first] = index_.try_emplace(key, rows_.size());
    if (is_first) rows_.push_back({row, stored ? std::optional<Row>(*stored) : std::nullopt});
    else rows_[at->second].row = row;
  }
  const std::vector<Write<Row>>& rows() const { return rows_; }
  bool empty() const { return rows_.empty(); }

 private:
  absl::flat_hash_map<Key, std::size_t> index_;
  std::vector<Write<Row>> rows_;
};

struct Batch {
  Writes<ReservationId, Reservation> reservations;
  Writes<UserId, Wallet> wallets;
  Writes<EventPlace, Visit> visits;
  Writes<EventPlace, LinePlace> line;
  std::vector<PlaceBitmap> absences;
  std::vector<PlaceBitmap> seen;
  Writes<EventId, Draw> draws;
  std::vector<PriorityUser> priority;
  Writes<SeatId, SeatBlock> blocks;
  std::vector<Posting> postings;
  std::vector<Payment> payments;
  std::vector<IdempotentAnswer> answers;  // each replaces an expired answer to the same (user, key)
  std::vector<OutboxRow> outbox;
  std::vector<LogRow> log;
  std::vector<Revocation> revocations;
  std::vector<HiddenSeats> hidden_seats;
  std::vector<KeyVersion> key_versions;
  std::vector<LineMark> line_marks;
  std::vector<PassedOver> passed_over;
  std::vector<LineLeave> line_leaves;
  std::vector<LineSource> line_sources;
  std::vector<Reassignment> reassignments;
  std::vector<TicketUse> ticket_uses;
  CatalogueChanges catalogue;
  // A log has the places (decision 0028): the store does not write `line`, only who left. Other instances
  // receive `line` all the same.
  bool line_is_elsewhere = false;
  std::optional<std::int64_t>
      ids_reserved_to;       // new high-water mark of the id sequence: ids below it may be in use
  std::int64_t next_id = 1;  // of the id sequence after this batch; not stored, but sent to other instances
  TimePoint now{};           // the time of the batch; the store keeps the highest one

  // Adds the changes of one command, and moves the lists out of `changes` that a view does not need. Call
  // before view.apply(changes), while the view has the previous rows.
  void add(Changes& changes, const View& view);
  bool empty() const;
};

}  // namespace stagedoor
