// Joins whose line is a log elsewhere (R-Q18, decision 0028): appends them, follows the log into memory, has
// the lane give places to what it read, and answers a caller when a mark has passed their record.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/functional/any_invocable.h>

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/guarded.h"
#include "engine/lane.h"
#include "modules/queue/line_tail.h"
#include "modules/queue/model.h"
#include "modules/queue/rooms.h"
#include "ports/line_log.h"
#include "ports/random.h"
#include "ports/startup_state.h"

namespace stagedoor::queue {

// Of an instance since its start.
struct LineNumbers {
  std::uint64_t placed = 0;        // joins of its callers that got a place
  std::uint64_t refused = 0;       // that were not appended, or are passed over
  std::uint64_t unknown = 0;       // that were told OUTCOME_UNKNOWN
  std::uint64_t epochs = 0;        // losses of the log that it heard of
  std::size_t untaken = 0;         // records that it has read and no mark has passed
  TimePoint oldest_read = kNever;  // of them
  bool is_log_up = true;           // the last attempt to read it succeeded
};

class JoinsElsewhere : public CommitObserver, public Job {
 public:
  using Done = absl::AnyInvocable<void(Result<Joined>)>;
  using Submit = std::function<void(std::unique_ptr<Command>)>;

  // Records of other instances are taken when they are so old: that instance has died.
  static constexpr Millis kTakenForOthers{100};
  // A caller is told that the outcome is unknown.
  static constexpr Millis kAnsweredAfter{5000};
  // Between two looks whether the log still has what was taken; a torn reading is looked at sooner.
  static constexpr Millis kChecked{1000}, kTornChecked{100};
  // An instance that did not begin the epoch leaves the one that did this time to put places back.
  static constexpr Millis kPutBackForOthers{5000};

  // The log, the rooms and the clock must outlive it. `submit` hands a command to the lane.
  JoinsElsewhere(LineLog& log, Rooms& rooms, const Clock& clock, RandomBytes random, Submit submit)
      : log_(log), rooms_(rooms), clock_(clock), random_(std::move(random)), submit_(std::move(submit)) {}

  // The log may answer an append later than this object lives: nobody waits for it then.
  ~JoinsElsewhere() override { stop(); }

  // Reads the marks and what was passed over, before the lane and the reader start.
  void restore(StartupState& store);

  // Any thread. For a join that memory does not refuse. `done` is called once, on any thread;
  // STORE_UNAVAILABLE: nothing was appended.
  void join(const Join& order, Done done);

  // The reader's thread: follows these events, waits up to `wait` for a record. Now and then it looks whether
  // the log still has what was taken; if it has not, a new epoch begins, and what was lost is appended again.
  // Throws LogUnavailable.
  void read(const std::vector<EventId>& events, Millis wait);

  LineNumbers numbers() const;  // any thread

  // Answers all callers that wait, with OUTCOME_UNKNOWN. When the reader and the lane have stopped.
  void stop();

  // Lane thread from here on. Must come after the rooms among the observers.
  void on_commit(const Batch& batch) override;
  TimePoint next_due(TimePoint now) const override;
  void collect(TimePoint now, std::vector<std::unique_ptr<Command>>& due) override;

 private:
  class Take;
  class Raise;
  class GiveUp;
  static constexpr std::size_t kReadAtOnce = 4096;

  struct Caller {
    UserId user;
    TimePoint since;
    Done done;
  };
  struct OfEvent {
    LineTail tail;
    absl::flat_hash_map<Uuid, Caller> callers;        // by the random id of their record
    std::map<LogPosition, PassedReason> passed_over;  // of this epoch: for callers whose record is read late
    // Records of callers that a mark has passed, until this instance's reading has come to the mark's record:
    // until then it may be of a log that has lost them.
    std::vector<LogRecord> passed;
    // All rows, by epoch and position.
    std::vector<LineMark> marks;
    std::vector<PassedOver> all_passed_over;
    TimePoint epoch_heard_at{};
    TimePoint checked_at{};
    TimePoint put_back_at{};
    std::deque<std::pair<TimePoint, Uuid>> by_time;  // callers, the oldest first; some are answered
    std::int32_t raised_epoch = 0;                   // that this instance began last
    bool is_asked = false;                           // a command is in the lane
  };
  using Events = std::map<EventId, OfEvent>;
  struct Answered {
    Done done;
    Result<Joined> result;
  };

  void read_once(const std::vector<EventId>& events, Millis wait);
  void count(const Result<Joined>& outcome);
  static void keep(OfEvent& state, const LineMark& mark, TimePoint now);
  static void keep(OfEvent& state, const PassedOver& row);
  // Whether the log still has what was taken. The reader's thread; the rows are copied, so the lane goes on.
  void check(EventId event);
  void put_back(EventId event);
  // The log says who has a place whose owner this instance did not know.
  void find_owners(const std::vector<LogRecord>& page);
  static OfEvent& of(Events& events, EventId event);
  // What a record that marks have passed became, for its caller; nullopt: it cannot be said yet.
  std::optional<Result<Joined>> outcome_of(const LogRecord& record, const OfEvent& state) const;
  static void pass(OfEvent& state, const LogRecord& record);
  // Answers the callers of the records that a mark has passed.
  void answer_passed(OfEvent& state, std::vector<Answered>& answers) const;
  void send(std::vector<Answered>& answers);
  void ask_to_take(EventId event);
  // The command was answered; `goes_on`: if there are more records, the next one follows.
  void was_asked(EventId event, bool goes_on);

  LineLog& log_;
  Rooms& rooms_;
  const Clock& clock_;
  const RandomBytes random_;
  const Submit submit_;
  // Shared as events_ is.
  struct Counts {
    std::atomic<std::uint64_t> placed{0}, refused{0}, unknown{0}, epochs{0};
    std::atomic<bool> is_log_up{true};
  };
  const std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
  // Shared with the answers of appends, which may come when this object has gone.
  // Rooms may be asked under this lock, and do not ask back.
  const std::shared_ptr<Guarded<Events>> events_ = std::make_shared<Guarded<Events>>();
};

}  // namespace stagedoor::queue
