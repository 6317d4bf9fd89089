// A command: what somebody wants done to the store, waiting in a lane. Deciding is pure: no clock, no chance,
// no I/O; all it knows is the View, and the batch context.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/answer.h"
#include "core/ids.h"
#include "core/refusal.h"
#include "state/changes.h"
#include "state/view.h"

namespace stagedoor {

// Ids for new rows, all kinds from one rising sequence. Those of a batch that fails are never used again.
class Ids {
 public:
  explicit Ids(std::int64_t next) : next_(next) {}
  template <class SomeId>
  SomeId next() {
    return SomeId{next_++};
  }
  // `count` ids in a row; the first one.
  std::int64_t block(std::int64_t count) { return std::exchange(next_, next_ + count); }
  std::int64_t peek() const { return next_; }

 private:
  std::int64_t next_;
};

// When a batch is decided, and where its ids come from.
struct BatchContext {
  TimePoint now;  // one for the whole batch; never behind an earlier batch's, even across restarts
  Ids& ids;
};

// What a decision comes to. A refusal may have changes too (R-P3: a payment refused for lack of balance
// leaves PENDING).
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

// A (user, key) and the request it was used for; empty key = none given.
struct Idempotency {
  UserId user;
  std::string key;
  std::string request_hash;
};

struct CommandResult {
  Answer answer;
  Changes changes;
  bool succeeded = false;  // remembered under the idempotency key
};

class Command {
 public:
  Command(LaneClass lane_class, Idempotency idempotency)
      : lane_class_(lane_class), idempotency_(std::move(idempotency)) {}
  virtual ~Command() = default;

  LaneClass lane_class() const { return lane_class_; }
  const Idempotency& idempotency() const { return idempotency_; }

  // Adds the rows it needs and the view does not know yet. Called again after they were loaded, until it adds
  // none: a payment knows its seat only from its reservation.
  virtual void rows_to_load(const View& view, Keys& wanted) const = 0;
  // May be called again after a batch failed. `answer` bytes are made here, before the commit, and sent after
  // it.
  virtual CommandResult decide(const View& view, BatchContext& context) = 0;
  // Called once, from the lane: the decided answer after its commit, or why there is none.
  virtual void reply(Answer answer) = 0;
  // True for a change of the catalogue: what follows in the batch must see it, so it ends the batch.
  virtual bool ends_batch() const { return false; }

 private:
  LaneClass lane_class_;
  Idempotency idempotency_;
};

// Adds `key` to `wanted` unless the table knows it.
template <class Key, class Row, class Set>
void want(const Table<Key, Row>& table, Set& wanted, const Key& key) {
  if (!table.knows(key)) wanted.insert(key);
}

}  // namespace stagedoor
