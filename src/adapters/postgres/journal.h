// What all instances committed, in one order: a row a batch, numbered without gaps, written in the batch's
// own transaction. Whoever holds the writers' lock and has read it to its end knows everything. Lane thread.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "adapters/postgres/connection.h"
#include "state/changes.h"

namespace stagedoor::postgres {

// Whoever writes has this advisory lock of the database until its transaction ends.
inline constexpr std::int64_t kWritersLock = 0x53746764;  // "Stgd"

// How far the database's clock is ahead of this machine's steady clock, which nobody sets: of a clock that is
// set forward, what is decided before the next answer would be too late for everybody, since moments only
// rise.
class ClockOffset {
 public:
  using Micros = std::chrono::microseconds;
  explicit ClockOffset(Micros at_first = Micros(0))
      : exact_(at_first), offset_(std::chrono::round<Millis>(at_first)) {}
  // The database said that it was `theirs` between these times of here. What was known is kept as far as it
  // fits: a quick answer says it well, a slow one does not spoil it, and a clock that was set, there or here,
  // counts at once.
  void note(Micros asked, Micros answered, Micros theirs);
  Millis get() const { return offset_.load(std::memory_order_relaxed); }  // any thread

 private:
  Micros exact_;
  std::atomic<Millis> offset_;
};

class Journal {
 public:
  Journal();

  void subscribe(std::function<void(const Batch&)> on_batch) { on_batch_ = std::move(on_batch); }
  // Queues the question where the journal ends: what comes later will be heard. Once.
  void begin_at_end(Connection& connection);
  bool has_begun() const { return last_.has_value(); }
  // Finishes what is queued and hears of all that is new. When the journal does not have what was seen in it,
  // the store went back to an older state, and the process ends: its memory is of what is no more. It ends,
  // too, when a newer version has changed the tables so that this one cannot work on them.
  void catch_up(Connection& connection);
  // So long nothing was read that it may be much.
  bool is_far_behind() const;

  struct Entry {
    std::int64_t seq = 0;
    Uuid writer;
    bool operator==(const Entry&) const = default;
  };
  // Queues the batch as the next one.
  Entry write(Connection& connection, const std::string& body);
  void written(const Entry& entry) { last_ = entry; }  // it is committed
  // Whether it is there. Inside a transaction that has the writers' lock.
  static bool has(Connection& connection, const Entry& entry);

  Millis clock_offset() const { return clock_offset_.get(); }

 private:
  std::function<void(const Batch&)> on_batch_ = [](const Batch&) {};
  std::optional<Entry> last_;  // seen
  Uuid next_writer_;           // made up, and counted on: no two batches have the same
  std::chrono::steady_clock::time_point read_at_{};
  ClockOffset clock_offset_;
};

}  // namespace stagedoor::postgres
