// What all instances committed, in one order: a row a batch, numbered without gaps, written in the batch's
// own transaction. Whoever holds the writers' lock and has read it to its end knows everything. Lane thread.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "adapters/postgres/connection.h"
#include "engine/changes.h"

namespace stagedoor::postgres {

// Whoever writes has this advisory lock of the database until its transaction ends.
inline constexpr std::int64_t kWritersLock = 0x53746764;  // "Stgd"

// How far the database's clock is ahead of this machine's, from the times between which it answered.
class ClockOffset {
 public:
  using Micros = std::chrono::microseconds;
  // Of the last ten seconds the answer that took least counts: half of that it may be wrong.
  void note(Micros asked, Micros answered, Micros theirs);
  Millis get() const { return offset_.load(std::memory_order_relaxed); }  // any thread

 private:
  std::atomic<Millis> offset_{Millis(0)};
  Micros best_took_ = Micros::max();
  Micros best_at_{0};
};

class Journal {
 public:
  Journal();

  void on_others(std::function<void(const Batch&)> hear) { hear_ = std::move(hear); }
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
  std::function<void(const Batch&)> hear_ = [](const Batch&) {};
  std::optional<Entry> last_;  // seen
  Uuid next_writer_;           // made up, and counted on: no two batches have the same
  std::chrono::steady_clock::time_point read_at_{};
  ClockOffset clock_offset_;
};

}  // namespace stagedoor::postgres
