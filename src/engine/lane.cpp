#include "engine/lane.h"

#include <algorithm>
#include <bit>

#include "core/log.h"

namespace stagedoor {
namespace {

constexpr std::int64_t kIdsAhead = 100'000;
constexpr Millis kRestAfterFailure{50};
// Of a full batch, out of 16: payment, hold, wallet, join, operation. What a class leaves, the others take in
// this order.
constexpr std::array<std::size_t, kLaneClasses> kShares = {5, 4, 3, 3, 1};

}  // namespace

Lane::Lane(const StorePorts& store, const Clock& clock,
           std::function<std::shared_ptr<const Catalogue>()> catalogue, Problem problem, LaneLimits limits)
    : store_(store.store),
      peers_(store.peers),
      clock_(clock),
      catalogue_(std::move(catalogue)),
      problem_(problem),
      limits_(limits),
      moment_(store.startup.latest_moment()),
      next_id_(store.startup.ids_reserved_to()),
      ids_reserved_to_(next_id_),
      poll_interval_(peers_ ? std::optional(peers_->poll_interval()) : std::nullopt),
      fresh_at_(SteadyClock::now()) {
  if (!peers_) return;
  peers_->subscribe([this](const Batch& batch) { hear(batch); },
                    [this](SteadyClock::time_point since) { is_fresh_since(since); });
}

Lane::~Lane() { stop(); }

void Lane::start() {
  thread_ = std::thread([this] { run(); });
}

void Lane::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Lane::submit(std::unique_ptr<Command> command) {
  const auto lane_class = static_cast<std::size_t>(command->lane_class());
  bool was_idle = false;
  {
    const MutexLock lock(mutex_);
    auto& queue = waiting_[lane_class];
    if (!stopping_ && queue.size() < limits_.queue_max[lane_class]) {
      queue.push_back(std::move(command));
      counters_.waiting[lane_class].store(queue.size(), std::memory_order_relaxed);
      was_idle = std::exchange(idle_, false);
    }
  }
  if (was_idle) arrived_.notify_one();
  if (!command) return;
  counters_.overloaded.fetch_add(1, std::memory_order_relaxed);
  command->reply(problem_(
      {Code::OVERLOADED, "Too many requests are waiting. Nothing was done; ask again shortly.", {}, {}, {}}));
}

void Lane::wake() {
  {
    const MutexLock lock(mutex_);
    woken_ = true;
  }
  arrived_.notify_one();
}

void Lane::run() {
  for (;;) {
    if (run_once()) continue;
    MutexLock lock(mutex_);
    if (somebody_waits()) continue;
    if (stopping_) return;
    const TimePoint now = clock_.now();
    TimePoint due = kNever;
    for (const Job* job : jobs_) due = std::min(due, job->next_due(now));
    due = std::max(due, jobs_rest_until_);
    // Rounded up: waking before the millisecond that is due would find nothing to do.
    const Millis longest = poll_interval_.value_or(Millis(1000));
    const Millis wait = std::clamp(due == kNever ? longest : due - now + Millis(1), Millis(1), longest);
    idle_ = true;
    const auto until = SteadyClock::now() + wait;
    while (idle_ && !woken_ && !stopping_ && lock.wait_until(arrived_, until)) {
    }
    idle_ = woken_ = false;
  }
}

bool Lane::run_once() {
  follow();
  Commands commands;
  moment_ = std::max(moment_, clock_.now());
  if (moment_ >= jobs_rest_until_) {
    view_.catalogue = catalogue_();
    for (Job* job : jobs_) {
      if (job->next_due(moment_) <= moment_) job->collect(moment_, commands);
    }
  }
  {
    const MutexLock lock(mutex_);
    if (commands.empty() && !somebody_waits()) return false;
  }
  wait_for_turn();
  Commands asked = take();
  commands.insert(commands.end(), std::make_move_iterator(asked.begin()),
                  std::make_move_iterator(asked.end()));
  settle(commands);
  return true;
}

bool Lane::somebody_waits() const {
  return std::any_of(waiting_.begin(), waiting_.end(), [](const auto& queue) { return !queue.empty(); });
}

void Lane::wait_for_turn() {
  if (!has_others()) return;
  try {
    begun_ = begin();
  } catch (const std::exception&) {
    // The batch will find out, and answer for it.
  }
}

std::unique_ptr<Transaction> Lane::begin() {
  const auto asked_at = SteadyClock::now();
  auto transaction = store_.begin();
  is_fresh_since(asked_at);
  return transaction;
}

Lane::Commands Lane::take() {
  const MutexLock lock(mutex_);
  Commands taken;
  const auto take_from = [&](std::size_t lane_class,
                             std::size_t count) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    auto& queue = waiting_[lane_class];
    for (; count > 0 && !queue.empty() && taken.size() < limits_.batch_max; --count) {
      taken.push_back(std::move(queue.front()));
      queue.pop_front();
    }
    counters_.waiting[lane_class].store(queue.size(), std::memory_order_relaxed);
  };
  for (std::size_t i = 0; i < kLaneClasses; ++i)
    take_from(i, std::max<std::size_t>(1, limits_.batch_max * kShares[i] / 16));
  for (std::size_t i = 0; i < kLaneClasses; ++i) take_from(i, limits_.batch_max);
  return taken;
}

// A batch that the store refuses is split in halves, down to the command on whose account it is refused: that
// one fails, its neighbours do not.
void Lane::settle(Range commands) {
  while (!commands.empty()) {
    try {
      commands = commands.subspan(commit_front(commands));
      continue;
    } catch (const StoreOutcomeUnknown& outage) {
      view_.clear();
      log(LogLevel::error, "the store did not say whether a batch was committed",
          {{"error.message", outage.what()}});
      fail(commands, {Code::OUTCOME_UNKNOWN,
                      "The store went away while it worked on this. Look whether it was done; the same "
                      "Idempotency-Key makes it safe to ask again.",
                      {},
                      {},
                      {}});
      return;
    } catch (const StoreUnavailable& outage) {
      view_.clear();
      if (!is_store_away_) log(LogLevel::error, "store unavailable", {{"error.message", outage.what()}});
      is_store_away_ = true;
      jobs_rest_until_ = moment_ + kRestAfterFailure;
      fail(commands, {Code::STORE_UNAVAILABLE,
                      "The store does not answer. Nothing was done; ask again shortly.",
                      {},
                      {},
                      {}});
      return;
    } catch (const std::exception& refusal) {
      view_.clear();
      counters_.failed_batches.fetch_add(1, std::memory_order_relaxed);
      if (commands.size() == 1) {
        jobs_rest_until_ = moment_ + kRestAfterFailure;  // it may be a job's, which will be due again at once
        log(LogLevel::error, "the store refused a command", {{"error.message", refusal.what()}});
        fail(commands, {Code::INTERNAL, "This is a fault of the server. Nothing was done.", {}, {}, {}});
        return;
      }
    }
    const std::size_t half = commands.size() / 2;
    settle(commands.first(half));
    commands = commands.subspan(half);
  }
}

std::size_t Lane::commit_front(Range commands) {
  const auto transaction = begun_ ? std::move(begun_) : begin();
  moment_ = std::max(moment_, clock_.now());  // now that nobody else writes: later than what they decided
  view_.catalogue = catalogue_();
  load(*transaction, commands);

  Batch batch;
  batch.now = moment_;
  Ids ids(next_id_);
  Moment moment{moment_, ids};
  std::vector<Answer> answers;
  answers.reserve(commands.size());
  const auto deadline = std::chrono::steady_clock::now() + limits_.batch_time;
  for (const auto& command : commands) {
    Decided decided = decide(*command, moment);
    answers.push_back(std::move(decided.answer));
    batch.add(decided.changes, view_);
    view_.apply(decided.changes);
    if (command->ends_batch()) break;
    if (answers.size() % 64 == 0 && std::chrono::steady_clock::now() > deadline) break;
  }

  next_id_ = batch.next_id = ids.peek();
  if (next_id_ > ids_reserved_to_) batch.ids_reserved_to = next_id_ + kIdsAhead;
  if (!batch.empty()) {
    transaction->apply(batch);
    transaction->commit();
  }
  if (std::exchange(is_store_away_, false)) log(LogLevel::info, "store available again");
  conclude(batch, commands.first(answers.size()), answers);
  return answers.size();
}

void Lane::follow() {
  const auto now = SteadyClock::now();
  if (!poll_interval_ || now < follow_at_) return;
  follow_at_ = now + *poll_interval_;
  try {
    peers_->poll();
    is_fresh_since(now);
  } catch (const std::exception& outage) {
    if (!is_cut_off_) log(LogLevel::error, "sync with the store failed", {{"error.message", outage.what()}});
    is_cut_off_ = true;
  }
}

void Lane::is_fresh_since(SteadyClock::time_point since) {
  if (!poll_interval_) return;
  follow_at_ = since + *poll_interval_;
  if (std::exchange(is_cut_off_, false)) log(LogLevel::info, "sync with the store works again");
  if (!is_fresh(Listener::kAway))
    for (Listener* listener : listeners_) listener->returned();
  fresh_at_.store(std::max(since, fresh_at_.load()), std::memory_order_release);
}

void Lane::hear(const Batch& batch) noexcept {
  moment_ = std::max(moment_, batch.now);
  next_id_ = std::max(next_id_, batch.next_id);
  ids_reserved_to_ = std::max(ids_reserved_to_, batch.ids_reserved_to.value_or(0));
  view_.forget(batch);
  for (Listener* listener : listeners_) listener->heard(batch);
}

// What is committed must not be done again, as settle() does after an exception: one from here ends the
// process.
void Lane::conclude(const Batch& batch, Range commands, std::vector<Answer>& answers) noexcept {
  if (!batch.empty()) {
    ids_reserved_to_ = batch.ids_reserved_to.value_or(ids_reserved_to_);
    for (Listener* listener : listeners_) listener->committed(batch);
    counters_.commits.fetch_add(1, std::memory_order_relaxed);
  }
  view_.end_batch();
  if (view_.rows() > limits_.view_rows_max) view_.clear();

  counters_.batches.fetch_add(1, std::memory_order_relaxed);
  counters_.commands.fetch_add(answers.size(), std::memory_order_relaxed);
  const auto bucket =
      std::min<std::size_t>(std::bit_width(answers.size() - 1), counters_.batch_sizes.size() - 1);
  counters_.batch_sizes[bucket].fetch_add(1, std::memory_order_relaxed);
  for (std::size_t i = 0; i < answers.size(); ++i) commands[i]->reply(std::move(answers[i]));
}

void Lane::load(Transaction& transaction, Range commands) {
  for (;;) {
    Keys wanted;
    for (const auto& command : commands) {
      const Idempotency& used = command->idempotency();
      if (!used.key.empty()) want(view_.answers, wanted.answers, UserKey{used.user, used.key});
      command->keys(view_, wanted);
    }
    if (wanted.empty()) return;
    transaction.load(wanted, view_);
  }
}

Decided Lane::decide(Command& command, Moment& moment) {
  const Idempotency& used = command.idempotency();
  if (used.key.empty()) return command.decide(view_, moment);
  const IdempotentAnswer* first = view_.answers.find({used.user, used.key});
  if (first && moment.now - first->created_at < kAnswersKept) {
    if (first->request_hash != used.request_hash) {
      return {problem_({Code::IDEMPOTENCY_MISMATCH,
                        "This Idempotency-Key was used for another request. Take a new key.",
                        {},
                        {},
                        {}}),
              {},
              false};
    }
    return {{first->status, first->body, first->headers + "Idempotency-Hit: true\r\n", nullptr}, {}, false};
  }
  Decided decided = command.decide(view_, moment);
  if (decided.succeeded) {
    decided.changes.answers.push_back({used.user, used.key, used.request_hash, decided.answer.status,
                                       decided.answer.body, decided.answer.headers, moment.now});
  }
  return decided;
}

void Lane::fail(Range commands, const Failure& failure) {
  for (const auto& command : commands) command->reply(problem_(failure));
}

}  // namespace stagedoor
