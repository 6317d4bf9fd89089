// A lane: one thread that takes everything that is waiting, decides it, commits it in one transaction, and
// answers. Batches grow by themselves with load: an idle lane answers after one fsync, a rushed one does a
// thousand commands per fsync.
//
// Knows nothing of seats or money: what to do is in the commands, what to do on time is in the jobs, who
// wants to hear of what was committed is in the listeners.
//
// Where other instances write the same store, the lane hears their batches before it decides, and now and
// then when it has nothing to do: the listeners of all instances hear all batches in one order.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "core/guarded.h"
#include "engine/command.h"
#include "ports/clock.h"
#include "ports/store_ports.h"

namespace stagedoor {

// Work that nobody asked for: promotion, lapsing. Lane thread.
class Job {
 public:
  virtual ~Job() = default;
  virtual TimePoint next_due(TimePoint now) const = 0;  // kNever when there is nothing to come
  virtual void collect(TimePoint now, std::vector<std::unique_ptr<Command>>& due) = 0;
};

// Hears of every committed batch, in order, before its answers are sent. Lane thread; must not throw.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void committed(const Batch& batch) = 0;
  // The same of a batch that another instance committed (PeerFeed::subscribe).
  virtual void heard(const Batch& batch) { committed(batch); }
  // The store answers again after kAway or longer without.
  virtual void returned() {}

  static constexpr Millis kAway{5000};
};

struct LaneLimits {
  // Commands waiting, by LaneClass; beyond it OVERLOADED.
  std::array<std::size_t, kLaneClasses> queue_max = {20'000, 20'000, 20'000, 20'000, 20'000};
  std::size_t batch_max = 1024;         // commands per transaction
  Millis batch_time{10};                // deciding stops after so long; the rest waits for the next batch
  std::size_t view_rows_max = 400'000;  // a kept view beyond it is forgotten and loaded anew
};

// Read by the metrics, any thread.
struct LaneCounters {
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> commands{0};
  std::atomic<std::uint64_t> commits{0};
  std::atomic<std::uint64_t> failed_batches{0};
  std::atomic<std::uint64_t> overloaded{0};
  std::array<std::atomic<std::uint64_t>, 16> batch_sizes{};  // batches of up to 2^i commands
  std::array<std::atomic<std::size_t>, kLaneClasses> waiting{};
};

class Lane {
 public:
  // How refusals of the lane itself (OVERLOADED, STORE_UNAVAILABLE, IDEMPOTENCY_MISMATCH, INTERNAL) read.
  using Problem = Answer (*)(const Failure&);

  // The store, clock, jobs and listeners must outlive the lane. `catalogue` is read before every batch.
  Lane(const StorePorts& store, const Clock& clock,
       std::function<std::shared_ptr<const Catalogue>()> catalogue, Problem problem, LaneLimits limits);
  ~Lane();  // stop()

  void add_job(Job& job) { jobs_.push_back(&job); }  // before start()
  void add_listener(Listener& listener) { listeners_.push_back(&listener); }
  void start();
  // Commits and answers what is waiting, refuses what comes later, ends the thread.
  void stop();

  // Any thread. The command is answered exactly once; at once with OVERLOADED when its class is full.
  void submit(std::unique_ptr<Command> command);
  // Looks at the jobs again (a setting of theirs was changed). Any thread.
  void wake();

  // One round without the thread, for tests and the simulator: jobs due now and everything waiting, up to one
  // batch. False when there was nothing to do.
  bool run_once();

  const LaneCounters& counters() const { return counters_; }

  // Whether other instances may write the store. Any thread.
  bool has_others() const { return peers_ != nullptr; }
  // Whether the memory that the listeners keep is at most `age` behind the store. Any thread.
  bool is_fresh(Millis age) const { return !has_others() || behind() <= age; }
  // By how much at most it is behind. Any thread.
  std::chrono::nanoseconds behind() const {
    return SteadyClock::now() - fresh_at_.load(std::memory_order_acquire);
  }

 private:
  using SteadyClock = std::chrono::steady_clock;
  using Commands = std::vector<std::unique_ptr<Command>>;
  using Range = std::span<const std::unique_ptr<Command>>;

  void run();
  bool somebody_waits() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Where others may be writing: waits for its turn before it takes what is waiting, which meanwhile grows.
  void wait_for_turn();
  std::unique_ptr<Transaction> begin();
  // What is waiting, up to `batch_max`, in the shares of the classes.
  Commands take();
  // Commits and answers all of them, in as many transactions as it needs.
  void settle(Range commands);
  // Decides and commits commands from the front in one transaction, then tells listeners and answers. How
  // many it were
  // (>= 1). Throws with no effect and nobody answered.
  std::size_t commit_front(Range commands);
  // Hears of the other instances, where there are any and it is time.
  void follow();
  // All that was committed before `since` has been heard.
  void is_fresh_since(SteadyClock::time_point since);
  void hear(const Batch& batch) noexcept;
  // Tells the listeners and answers.
  void conclude(const Batch& batch, Range commands, std::vector<Answer>& answers) noexcept;
  void load(Transaction& transaction, Range commands);
  Decided decide(Command& command, Moment& moment);
  void fail(Range commands, const Failure& failure);

  Store& store_;
  PeerFeed* const peers_;
  const Clock& clock_;
  std::function<std::shared_ptr<const Catalogue>()> catalogue_;
  Problem problem_;
  LaneLimits limits_;
  std::vector<Job*> jobs_;
  std::vector<Listener*> listeners_;

  View view_;
  TimePoint moment_{};  // of the newest batch
  std::int64_t next_id_;
  std::int64_t ids_reserved_to_;
  TimePoint jobs_rest_until_{};  // after a failure, so that a due job does not spin
  const std::optional<Millis> poll_interval_;
  SteadyClock::time_point follow_at_{};
  bool is_cut_off_ = false;             // cannot hear the others, and the log says so
  bool is_store_away_ = false;          // the last batch found it so, and the log says so
  std::unique_ptr<Transaction> begun_;  // by wait_for_turn(), for the next batch
  std::atomic<SteadyClock::time_point> fresh_at_;

  Mutex mutex_;
  std::condition_variable arrived_;
  std::array<std::deque<std::unique_ptr<Command>>, kLaneClasses> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool idle_ ABSL_GUARDED_BY(mutex_) = false;  // the thread sleeps
  LaneCounters counters_;
  std::thread thread_;
};

}  // namespace stagedoor
