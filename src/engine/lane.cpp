#include "engine/lane.h"

#include <algorithm>
#include <bit>

#include "core/log.h"
#include "core/refusals.h"

namespace stagedoor {
namespace {

constexpr std::int64_t kIdsAhead = 100'000;
constexpr Millis kRestAfterFailure{50};

}  // namespace

Lane::Lane(const StorePorts& store, const Clock& clock,
           std::function<std::shared_ptr<const Catalogue>()> catalogue, RenderRefusal render_refusal,
           LaneLimits limits)
    : store_(store.store),
      clock_(clock),
      catalogue_(std::move(catalogue)),
      render_refusal_(render_refusal),
      limits_(limits),
      line_is_elsewhere_(store.log != nullptr),
      ticket_serials_(store.startup.ticket_secret()),
      now_(store.startup.latest_moment()),
      next_id_(store.startup.ids_reserved_to()),
      ids_reserved_to_(next_id_),
      sync_(
          store.peers, [this](const Batch& batch) { apply_remote(batch); },
          [this] {
            for (CommitObserver* observer : observers_) observer->on_reconnect();
          }),
      queue_(limits.queue_max, limits.wait_max) {}

Lane::~Lane() { stop(); }

void Lane::start() {
  thread_ = std::thread([this] { run(); });
}

void Lane::stop() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
  sync_.close();
}

bool Lane::after_sync(PeerSync::Synced then) {
  const bool is_taken = sync_.await(std::move(then));
  queue_.wake();
  return is_taken;
}

void Lane::submit(std::unique_ptr<Command> command) {
  const bool is_operators = command->lane_class() == LaneClass::operation;  // whom no limit refuses (R-A2)
  if (!is_operators && refused_users_.contains(command->idempotency().user, clock_.now())) {
    command->reply(render_refusal_({Code::RATE_LIMITED,
                                    "The store refused several requests of this user. Nothing was done; ask "
                                    "again in a minute.",
                                    {},
                                    {{"scope", "\"user\""}},
                                    {{"Retry-After", "60"}}}));
    return;
  }
  const auto refused = queue_.push(std::move(command), SteadyClock::now());
  if (!refused) return;
  counters_.overloaded.fetch_add(1, std::memory_order_relaxed);
  refused->reply(render_refusal_(overloaded()));
}

void Lane::run() {
  for (;;) {
    if (run_once()) continue;
    const TimePoint now = clock_.now();
    TimePoint due = kNever;
    for (const auto& [job, rests_until] : jobs_)
      due = std::min(due, std::max(job->next_due(now), rests_until));
    due = std::max(due, jobs_rest_until_);
    // Rounded up: a wake-up before the due millisecond would find nothing to do.
    const Millis longest = sync_.poll_interval().value_or(Millis(1000));
    const Millis wait = std::clamp(due == kNever ? longest : due - now + Millis(1), Millis(1), longest);
    if (!queue_.sleep(SteadyClock::now() + wait)) return;
  }
}

bool Lane::run_once() {
  const bool has_answered = sync_.poll();
  Commands commands = due_commands();
  if (commands.empty() && queue_.empty()) return has_answered;
  acquire_turn();
  Commands late;
  Commands asked = queue_.take(limits_.batch_max, SteadyClock::now(), late);
  for (const auto& command : late)
    counters_.late[static_cast<std::size_t>(command->lane_class())].fetch_add(1, std::memory_order_relaxed);
  fail(late, overloaded());
  if (commands.empty() && asked.empty()) begun_.reset();  // gives the turn to others
  commands.insert(commands.end(), std::make_move_iterator(asked.begin()),
                  std::make_move_iterator(asked.end()));
  commit_all(commands);
  return true;
}

Lane::Commands Lane::due_commands() {
  Commands due;
  now_ = std::max(now_, clock_.now());
  if (now_ < jobs_rest_until_) return due;
  view_.catalogue = catalogue_();
  for (const auto& [job, rests_until] : jobs_) {
    if (std::max(job->next_due(now_), rests_until) > now_) continue;
    const std::size_t before = due.size();
    job->collect(now_, due);
    for (const auto& command : Range(due).subspan(before)) command->set_job(*job);
  }
  return due;
}

void Lane::acquire_turn() {
  if (!has_others()) return;
  try {
    begun_ = begin();
  } catch (...) {
    turn_failure_ = std::current_exception();
  }
}

std::unique_ptr<Transaction> Lane::take_turn() {
  if (turn_failure_) std::rethrow_exception(std::exchange(turn_failure_, nullptr));
  return begun_ ? std::move(begun_) : begin();
}

std::unique_ptr<Transaction> Lane::begin() {
  const auto asked_at = SteadyClock::now();
  auto transaction = store_.begin();
  counters_.store_begin.count(SteadyClock::now() - asked_at);
  sync_.mark_fresh(asked_at);
  return transaction;
}

// Splits a refused batch in halves, down to the command that causes the refusal: only that command fails.
void Lane::commit_all(Range commands) {
  while (!commands.empty()) {
    try {
      commands = commands.subspan(commit_prefix(commands));
      continue;
    } catch (const StoreOutcomeUnknown& outage) {
      view_.clear();
      log(LogLevel::error, "the outcome of a commit is unknown", {{"error.message", outage.what()}});
      fail(commands, {Code::OUTCOME_UNKNOWN,
                      "The connection to the store was lost during this request. Check whether it took "
                      "effect; with the same Idempotency-Key a retry is safe.",
                      {},
                      {},
                      {}});
      return;
    } catch (const StoreUnavailable& outage) {
      view_.clear();
      if (outages_++ == 0) log(LogLevel::error, "store unavailable", {{"error.message", outage.what()}});
      jobs_rest_until_ = now_ + kRestAfterFailure;
      fail(commands, {Code::STORE_UNAVAILABLE,
                      "The store is unavailable. Nothing was done; try again shortly.",
                      {},
                      {},
                      {}});
      return;
    } catch (const std::exception& refusal) {
      counters_.failed_batches.fetch_add(1, std::memory_order_relaxed);
      if (commands.size() == 1) return fail_refused(commands.front(), refusal.what());
    }
    const std::size_t half = commands.size() / 2;
    commit_all(commands.first(half));
    commands = commands.subspan(half);
  }
}

std::size_t Lane::commit_prefix(Range commands) {
  const auto transaction = take_turn();
  const auto begun_at = SteadyClock::now();
  now_ = std::max(now_, clock_.now());  // under the writer lock: later than remote commits
  view_.catalogue = catalogue_();
  load(*transaction, commands);

  Batch batch;
  batch.now = now_;
  batch.line_is_elsewhere = line_is_elsewhere_;
  Ids ids(next_id_, &ticket_serials_);
  BatchContext context{now_, ids};
  std::vector<Answer> answers;
  answers.reserve(commands.size());
  const auto deadline = SteadyClock::now() + limits_.batch_time;
  try {
    for (const auto& command : commands) {
      CommandResult result = decide(*transaction, *command, context);
      for (OutboxRow& row : result.changes.outbox) row.trace = command->idempotency().trace.text();
      answers.push_back(std::move(result.answer));
      batch.add(result.changes, view_);
      view_.apply(result.changes);
      if (command->ends_batch()) break;
      const bool looks_at_time = command->has_late_rows() || answers.size() % 64 == 0;
      if (looks_at_time && SteadyClock::now() > deadline) break;
    }

    next_id_ = batch.next_id = ids.peek();
    if (next_id_ > ids_reserved_to_) batch.ids_reserved_to = next_id_ + kIdsAhead;
    if (!batch.empty()) {
      const auto decided_at = SteadyClock::now();
      transaction->apply(batch);
      transaction->commit();
      counters_.store_commit.count(SteadyClock::now() - decided_at);
    }
  } catch (...) {
    view_.forget(batch);  // its rows in the view are not those of the store
    view_.end_batch();
    throw;
  }
  if (const int outages = outages_.exchange(0))
    log(LogLevel::info, "store available again", {{"stagedoor.failed_batches", outages}});
  publish(batch, commands.first(answers.size()), answers);
  counters_.batch.count(SteadyClock::now() - begun_at);
  return answers.size();
}

void Lane::apply_remote(const Batch& batch) noexcept {
  now_ = std::max(now_, batch.now);
  next_id_ = std::max(next_id_, batch.next_id);
  ids_reserved_to_ = std::max(ids_reserved_to_, batch.ids_reserved_to.value_or(0));
  view_.forget(batch);
  for (CommitObserver* observer : observers_) observer->on_remote_commit(batch);
}

// An exception from here ends the process: commit_all() would retry, and a committed batch must not run
// twice.
void Lane::publish(const Batch& batch, Range commands, std::vector<Answer>& answers) noexcept {
  if (!batch.empty()) {
    ids_reserved_to_ = batch.ids_reserved_to.value_or(ids_reserved_to_);
    for (CommitObserver* observer : observers_) observer->on_commit(batch);
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

template <class Add>
void Lane::load_all(Transaction& transaction, const Add& add) {
  for (;;) {
    Keys wanted;
    add(wanted);
    if (wanted.empty()) return;
    try {
      transaction.load(wanted, view_);
    } catch (...) {
      view_.forget(wanted);  // some may be marked as absent and not read yet
      throw;
    }
  }
}

void Lane::load(Transaction& transaction, Range commands) {
  load_all(transaction, [&](Keys& wanted) {
    for (const auto& command : commands) {
      const Idempotency& used = command->idempotency();
      if (!used.key.empty()) want(view_.answers, wanted.answers, UserKey{used.user, used.key});
      command->rows_to_load(view_, wanted);
    }
  });
}

CommandResult Lane::decide(Transaction& transaction, Command& command, BatchContext& context) {
  // The rows that it still needs: what the view does not know, this batch has not changed.
  const auto load_late = [&] {
    load_all(transaction, [&](Keys& wanted) { command.rows_to_load_late(view_, context.now, wanted); });
  };
  const Idempotency& used = command.idempotency();
  if (used.key.empty()) {
    load_late();
    return command.decide(view_, context);
  }
  const IdempotentAnswer* first = view_.answers.find({used.user, used.key});
  if (first && context.now - first->created_at < kAnswersKept) {
    if (first->request_hash != used.request_hash) {
      return {render_refusal_({Code::IDEMPOTENCY_MISMATCH,
                               "This Idempotency-Key was used for another request. Take a new key.",
                               {},
                               {},
                               {}}),
              {},
              false};
    }
    return {{first->status, first->body, first->headers + "Idempotency-Hit: true\r\n", nullptr}, {}, false};
  }
  load_late();
  CommandResult result = command.decide(view_, context);
  if (result.succeeded) {
    result.changes.answers.push_back({used.user, used.key, used.request_hash, result.answer.status,
                                      result.answer.body, result.answer.headers, context.now});
  }
  return result;
}

void Lane::fail_refused(const std::unique_ptr<Command>& command, const char* why) {
  log(LogLevel::error, "the store refused a command", {{"error.message", why}});
  for (auto& [job, rests_until] : jobs_) {
    if (job == command->job()) rests_until = now_ + kRestAfterFailure;  // it is immediately due again
  }
  const Idempotency& used = command->idempotency();
  if (!command->job() && used.user != UserId{}) refused_users_.note(used.user, now_);
  // The view may differ from the store in a row that the command reads.
  View nothing;
  nothing.catalogue = view_.catalogue;
  Keys read;
  command->rows_to_load(nothing, read);
  if (!used.key.empty()) read.answers.insert({used.user, used.key});
  view_.forget(read);
  if (command->has_late_rows()) view_.clear();  // nobody can name them any more
  fail({&command, 1}, {Code::INTERNAL, "The server has an internal error. Nothing was done.", {}, {}, {}});
}

void Lane::fail(Range commands, const Refusal& refusal) {
  for (const auto& command : commands) command->reply(render_refusal_(refusal));
}

}  // namespace stagedoor
