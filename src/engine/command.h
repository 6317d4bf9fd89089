// A command: a requested change of the store that waits in a lane. Deciding is pure: no clock, no randomness,
// no I/O. Its only inputs are the View and the batch context.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "core/answer.h"
#include "core/ids.h"
#include "core/refusal.h"
#include "core/ticket_serials.h"
#include "core/trace_context.h"
#include "state/changes.h"
#include "state/view.h"

namespace stagedoor {

// Ids for new rows; all kinds share one rising sequence. Ids of a failed batch are never used again. Also the
// serials of tickets, which are made from ids.
class Ids {
 public:
  // `serials`: of the store; nullptr: without a secret, in tests.
  explicit Ids(std::int64_t next, const TicketSerials* serials = nullptr) : next_(next), serials_(serials) {}
  template <class SomeId>
  SomeId next() {
    return SomeId{next_++};
  }
  // Reserves `count` consecutive ids and returns the first one.
  std::int64_t block(std::int64_t count) { return std::exchange(next_, next_ + count); }
  std::int64_t peek() const { return next_; }
  TicketSerial serial_of(const TicketRef& ticket) const {
    static const TicketSerials kWithoutSecret;
    return (serials_ ? *serials_ : kWithoutSecret).of(ticket);
  }

 private:
  std::int64_t next_;
  const TicketSerials* serials_;
};

// The time of a batch, and the source of its ids.
struct BatchContext {
  TimePoint now;  // one per batch; never earlier than that of a previous batch, even across restarts
  Ids& ids;
};

// The result of a decision. A refusal may have changes too (R-P3: a payment that is refused for lack of
// balance leaves PENDING).
template <class Outcome>
struct Decision {
  std::variant<Outcome, Refusal> result;
  Changes changes;

  Decision(Outcome outcome, Changes c = {}) : result(std::move(outcome)), changes(std::move(c)) {}
  Decision(Refusal refusal, Changes c = {}) : result(std::move(refusal)), changes(std::move(c)) {}
};

// Lane time is shared between classes, so that a million joins never delay a payment.
enum class LaneClass : std::uint8_t { payment, hold, wallet, join, operation };
inline constexpr std::size_t kLaneClasses = 5;

class Job;  // engine/lane.h

// An idempotency key of a user, and the request it was used for. Empty key: the request had none. User zero:
// the request needs none.
struct Idempotency {
  UserId user;
  std::string key;
  std::string request_hash;
  TraceContext trace = {};  // of the request, for the events of its command
};

struct CommandResult {
  Answer answer;
  Changes changes;
  bool succeeded = false;  // the answer is remembered under the idempotency key
};

class Command {
 public:
  Command(LaneClass lane_class, Idempotency idempotency)
      : lane_class_(lane_class), idempotency_(std::move(idempotency)) {}
  virtual ~Command() = default;

  LaneClass lane_class() const { return lane_class_; }
  const Idempotency& idempotency() const { return idempotency_; }
  // The job that wants it; nullptr: a client does. Lane thread.
  const Job* job() const { return job_; }
  void set_job(const Job& job) { job_ = &job; }

  // Adds the rows that the command needs and the view does not have. Called again after they are loaded,
  // until it adds none: for example, a payment finds its seat only through its reservation.
  virtual void rows_to_load(const View& view, Keys& wanted) const = 0;
  // The same for rows that depend on what the commands before it in its batch have decided: which seats are
  // the best ones. Called directly before decide(), until it adds none.
  virtual void rows_to_load_late(const View& /*view*/, TimePoint /*now*/, Keys& /*wanted*/) const {}
  // False if that never adds any. What it adds is loaded while the batch is decided, so it costs a batch more
  // than other commands do.
  virtual bool has_late_rows() const { return false; }
  // May be called again after a batch failed. The bytes of `answer` are made here, before the commit, and
  // sent after it.
  virtual CommandResult decide(const View& view, BatchContext& context) = 0;
  // Called once, on the lane thread, with the decided answer after its commit, or with the refusal of the
  // lane.
  virtual void reply(Answer answer) = 0;
  // True for a change of the catalogue: it ends the batch, because later commands must see the change.
  virtual bool ends_batch() const { return false; }

 private:
  LaneClass lane_class_;
  Idempotency idempotency_;
  const Job* job_ = nullptr;
};

// Adds `key` to `wanted` unless the table knows it.
template <class Key, class Row, class Set>
void want(const Table<Key, Row>& table, Set& wanted, const Key& key) {
  if (!table.knows(key)) wanted.insert(key);
}

}  // namespace stagedoor
