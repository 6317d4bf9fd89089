// The lane: one thread that takes all waiting commands, decides them, commits them in one transaction and
// answers. Batches grow with load: an idle lane answers after one fsync, a busy one commits a thousand
// commands per fsync.
//
// The lane does not know seats or money; of tickets it hands on the secret of their serials. Commands are
// requested changes, jobs are periodic changes, and commit observers receive what was committed.
//
// If other instances write the same store, the lane applies their batches before it decides, and every
// poll_interval while it is idle. So the observers of all instances see all batches in one order.
#pragma once

#include <array>
#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "core/durations.h"
#include "engine/batch_queue.h"
#include "engine/command.h"
#include "engine/peer_sync.h"
#include "engine/refused_users.h"
#include "ports/clock.h"
#include "ports/store_ports.h"

namespace stagedoor {

// Periodic work: admission, hold expiry. Lane thread.
class Job {
 public:
  virtual ~Job() = default;
  virtual TimePoint next_due(TimePoint now) const = 0;  // kNever: nothing is due
  virtual void collect(TimePoint now, std::vector<std::unique_ptr<Command>>& due) = 0;
};

// Called with every committed batch, in order, before its answers are sent. Lane thread; must not throw.
class CommitObserver {
 public:
  virtual ~CommitObserver() = default;
  virtual void on_commit(const Batch& batch) = 0;
  // A batch that another instance committed.
  virtual void on_remote_commit(const Batch& batch) { on_commit(batch); }
  // The store is available again after an outage of PeerSync::kAway or longer.
  virtual void on_reconnect() {}
};

struct LaneLimits {
  // Maximum number of waiting commands, by LaneClass; beyond it OVERLOADED.
  std::array<std::size_t, kLaneClasses> queue_max = {20'000, 20'000, 20'000, 20'000, 20'000};
  // Maximum wait of a command, by LaneClass, while the lane cannot keep up; beyond it OVERLOADED, undecided.
  // In the order in which R-A4 refuses; 0: operators wait as long as it takes.
  std::array<Millis, kLaneClasses> wait_max = {Millis(120), Millis(80), Millis(80), Millis(50), Millis(0)};
  std::size_t batch_max = 1024;         // commands per transaction
  Millis batch_time{10};                // deciding stops after this time; the rest waits for the next batch
  std::size_t view_rows_max = 400'000;  // a larger view is cleared and loaded again
};

// Read by the metrics, any thread.
struct LaneCounters {
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> commands{0};
  std::atomic<std::uint64_t> commits{0};
  std::atomic<std::uint64_t> failed_batches{0};
  std::atomic<std::uint64_t> overloaded{0};                     // their class was full
  std::array<std::atomic<std::uint64_t>, kLaneClasses> late{};  // they waited too long, by LaneClass
  std::array<std::atomic<std::uint64_t>, 16> batch_sizes{};     // batches of up to 2^i commands
  // Of a batch: beginning its transaction (with others: waiting for the writer lock and reading what they
  // committed), writing and committing its changes, and all of it without the first.
  Durations store_begin, store_commit, batch;
};

class Lane {
 public:
  // Renders the refusals of the lane itself (OVERLOADED, STORE_UNAVAILABLE, IDEMPOTENCY_MISMATCH, INTERNAL).
  using RenderRefusal = Answer (*)(const Refusal&);

  // The store, clock, jobs and observers must outlive the lane. `catalogue` is read before every batch.
  Lane(const StorePorts& store, const Clock& clock,
       std::function<std::shared_ptr<const Catalogue>()> catalogue, RenderRefusal render_refusal,
       LaneLimits limits);
  ~Lane();  // stop()

  void add_job(Job& job) { jobs_.push_back({&job, {}}); }  // before start()
  void add_observer(CommitObserver& observer) { observers_.push_back(&observer); }
  void start();
  // Commits and answers the waiting commands, refuses later ones, and ends the thread.
  void stop();

  // Any thread. The command is answered exactly once; immediately with OVERLOADED when its class is full, and
  // with RATE_LIMITED for one of the RefusedUsers.
  void submit(std::unique_ptr<Command> command);
  // See PeerSync::await(). It needs no batch and no writer lock. Any thread.
  bool after_sync(PeerSync::Synced then);
  // Asks the jobs for their next due time again, because one of their settings was changed. Any thread.
  void wake() { queue_.wake(); }

  // One round without the thread, for tests and the simulator: runs the due jobs and all waiting commands, up
  // to one batch. Returns false if there was nothing to do.
  bool run_once();

  // Any thread from here on.
  const LaneCounters& counters() const { return counters_; }
  const TicketSerials& ticket_serials() const { return ticket_serials_; }
  std::size_t waiting(LaneClass lane_class) const { return queue_.size(lane_class); }
  // True if other instances may write the store.
  bool has_others() const { return sync_.has_others(); }
  // True if the newest batch found the store unavailable.
  bool is_store_away() const { return outages_.load(std::memory_order_relaxed) > 0; }
  // True if the memory of the commit observers is at most `age` stale.
  bool is_fresh(Millis age) const { return sync_.is_fresh(age); }
  // Upper bound of how stale it is.
  std::chrono::nanoseconds behind() const { return sync_.behind(); }

 private:
  using SteadyClock = std::chrono::steady_clock;
  using Commands = BatchQueue::Commands;
  using Range = std::span<const std::unique_ptr<Command>>;

  struct JobState {
    Job* job;
    TimePoint rests_until;  // a pause after a refused command, so that a due job does not spin
  };

  void run();
  // The commands of the jobs that are due.
  Commands due_commands();
  // With other writers: waits for the writer lock before it takes commands, so that they gather meanwhile.
  void acquire_turn();
  // The transaction of acquire_turn(), or its failure; a new one after that.
  std::unique_ptr<Transaction> take_turn();
  std::unique_ptr<Transaction> begin();
  // Commits and answers all commands, in as many transactions as necessary.
  void commit_all(Range commands);
  // Decides and commits a prefix of the commands in one transaction, then publishes it. Returns the number of
  // commands committed (at least 1). If it throws, it had no effect and answered no command.
  std::size_t commit_prefix(Range commands);
  // Calls the commit observers and answers.
  void publish(const Batch& batch, Range commands, std::vector<Answer>& answers) noexcept;
  // A batch of another instance.
  void apply_remote(const Batch& batch) noexcept;
  void load(Transaction& transaction, Range commands);
  // Loads what `add(Keys&)` adds, until it adds nothing.
  template <class Add>
  void load_all(Transaction& transaction, const Add& add);
  CommandResult decide(Transaction& transaction, Command& command, BatchContext& context);
  // The store refuses this command also by itself.
  void fail_refused(const std::unique_ptr<Command>& command, const char* why);
  void fail(Range commands, const Refusal& refusal);

  Store& store_;
  const Clock& clock_;
  std::function<std::shared_ptr<const Catalogue>()> catalogue_;
  RenderRefusal render_refusal_;
  LaneLimits limits_;
  const bool line_is_elsewhere_;
  const TicketSerials ticket_serials_;
  std::vector<JobState> jobs_;
  std::vector<CommitObserver*> observers_;

  View view_;
  TimePoint now_{};  // of the newest batch
  std::int64_t next_id_;
  std::int64_t ids_reserved_to_;
  TimePoint jobs_rest_until_{};         // a pause of all jobs after an outage
  std::atomic<int> outages_{0};         // batches in a row that failed for this reason; the first is logged
  std::unique_ptr<Transaction> begun_;  // by acquire_turn(), for the next batch
  std::exception_ptr turn_failure_;     // of acquire_turn(), for the next batch

  PeerSync sync_;
  BatchQueue queue_;
  RefusedUsers refused_users_;
  LaneCounters counters_;
  std::thread thread_;
};

}  // namespace stagedoor
