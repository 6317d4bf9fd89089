// The batches of all instances in one order: one row per batch, numbered without gaps, written in the batch's
// own transaction. An instance that holds the writer lock and has read the journal to its end is current.
// Lane thread.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "adapters/postgres/connection.h"
#include "adapters/postgres/database_clock.h"
#include "state/changes.h"

namespace stagedoor::postgres {

class Journal {
 public:
  Journal();

  void subscribe(std::function<void(const Batch&)> on_batch) { on_batch_ = std::move(on_batch); }
  // Queues the query for the end of the journal; later batches will be received. Call once.
  void begin_at_end(Connection& connection);
  bool has_begun() const { return last_.has_value(); }
  // Finishes the queued statements and receives all new batches. Ends the process if the journal lacks an
  // entry that was read before: the store went back to an older state, and memory is ahead of it. Also ends
  // the process if a newer version has changed the tables so that this one cannot work on them.
  void catch_up(Connection& connection);
  // True if the journal has not been read for over a second.
  bool is_far_behind() const;

  struct Entry {
    std::int64_t seq = 0;
    Uuid writer;
    bool operator==(const Entry&) const = default;
  };
  // Queues the batch as the next entry.
  Entry write(Connection& connection, const std::string& body);
  void written(const Entry& entry) { last_ = entry; }  // after its commit
  // True if the journal has the entry. Inside a transaction that holds the writer lock.
  static bool has(Connection& connection, const Entry& entry);

  // Measured at every read of the journal.
  DatabaseClock& clock() { return clock_; }
  // The same by itself.
  void read_clock(Connection& connection);
  // Writes the clock's correction() and commits, or returns false. In a transaction that holds the writer
  // lock, right after a read of the clock.
  bool write_correction(Connection& connection);

 private:
  std::function<void(const Batch&)> on_batch_ = [](const Batch&) {};
  std::optional<Entry> last_;  // seen
  Uuid next_writer_;           // random, then incremented: no two batches have the same
  std::chrono::steady_clock::time_point read_at_{};
  DatabaseClock clock_;
};

}  // namespace stagedoor::postgres
