#include "modules/queue/joins_elsewhere.h"

#include <algorithm>
#include <cstring>
#include <thread>
#include <utility>

#include "core/refusals.h"
#include "modules/queue/line_repair.h"
#include "modules/queue/take_joins.h"

namespace stagedoor::queue {
namespace {

// Of an event, between two looks: half of what a log accepts before it refuses joins.
constexpr std::size_t kPutBackAtOnce = 10'000;
constexpr Millis kRest{20};

Refusal not_kept() {
  return refuse(Code::STORE_UNAVAILABLE,
                "New places are not given at the moment. Nothing was done; if you have a place, it is kept.");
}
Refusal not_known() {
  return refuse(Code::OUTCOME_UNKNOWN,
                "It is not known whether you have a place. Ask again: you will get the same one.");
}

void fill(Uuid& id, const RandomBytes& random) {
  const std::string bytes = random(id.bytes.size());
  std::memcpy(id.bytes.data(), bytes.data(), id.bytes.size());
}

}  // namespace

// Gives places to what the reader has. Its answer is discarded: callers wait for the mark.
class JoinsElsewhere::Take : public Command {
 public:
  Take(JoinsElsewhere& joins, EventId event) : Command(LaneClass::join, {}), joins_(joins), event_(event) {}

  void rows_to_load(const View& view, Keys& wanted) const override {
    join_keys({.event = event_, .user = {}}, view, wanted);
  }
  CommandResult decide(const View& view, BatchContext& context) override {
    const auto events = joins_.events_->lock();
    const LineTail& tail = of(*events, event_).tail;
    const auto place_of = [&](const UserId& user) {
      return joins_.rooms_.place_of(event_, user, context.now);
    };
    const auto is_repeat = [&](const LogRecord& record) { return tail.is_repeat(record); };
    // Of this batch some may be taken already: as many as one more command takes.
    return {{},
            decide_take_joins(event_, tail.untaken(8 * kTakenAtOnce), view, context.now,
                              {tail.mark(), place_of, is_repeat}),
            false};
  }
  void reply(Answer answer) override { joins_.was_asked(event_, !answer.refusal); }

 private:
  JoinsElsewhere& joins_;
  EventId event_;
};

// Begins a new epoch behind what is left of the log.
class JoinsElsewhere::Raise : public Command {
 public:
  Raise(JoinsElsewhere& joins, EventId event, std::int32_t epoch, LeftOfLog left)
      : Command(LaneClass::join, {}), joins_(joins), event_(event), epoch_(epoch), left_(std::move(left)) {}

  void rows_to_load(const View&, Keys&) const override {}
  CommandResult decide(const View& view, BatchContext& context) override {
    const auto events = joins_.events_->lock();
    OfEvent& state = of(*events, event_);
    Changes changes = decide_raise_epoch(event_, epoch_, left_.kept, left_.kept_place, view, context.now,
                                         state.tail.mark());
    if (!changes.line_marks.empty()) state.raised_epoch = epoch_ + 1;
    return {{}, std::move(changes), false};
  }
  void reply(Answer) override {}

 private:
  JoinsElsewhere& joins_;
  EventId event_;
  std::int32_t epoch_;
  LeftOfLog left_;
};

// A user was found to have an older place, which stays.
class JoinsElsewhere::GiveUp : public Command {
 public:
  GiveUp(const Rooms& rooms, PlaceRef newer)
      : Command(LaneClass::join, {}), rooms_(rooms), newer_(std::move(newer)) {}

  void rows_to_load(const View& view, Keys& wanted) const override {
    want(view.visits, wanted.visits, EventPlace{newer_.event, newer_.place});
  }
  CommandResult decide(const View& view, BatchContext& context) override {
    CommandResult result;
    const auto fan = rooms_.look(newer_);
    const bool is_changed = view.line.contains({newer_.event, newer_.user});
    if (!fan || fan->standing.status != QueueStatus::CREATED || is_changed ||
        view.visits.find({newer_.event, newer_.place}))
      return result;
    result.changes.line.push_back(
        {newer_.event, newer_.place, newer_.user, fan->standing.joined_at, context.now, EarlyEnd::left});
    return result;
  }
  void reply(Answer) override {}

 private:
  const Rooms& rooms_;
  PlaceRef newer_;
};

JoinsElsewhere::OfEvent& JoinsElsewhere::of(Events& events, EventId event) { return events[event]; }

void JoinsElsewhere::keep(OfEvent& state, const LineMark& mark, TimePoint now) {
  if (mark.epoch > state.tail.mark().epoch) {
    state.passed_over.clear();  // other records may have these positions now
    state.epoch_heard_at = now;
  }
  state.tail.taken(mark);
  state.marks.push_back(mark);
}

void JoinsElsewhere::keep(OfEvent& state, const PassedOver& row) {
  if (row.epoch >= state.tail.mark().epoch) state.passed_over[row.at()] = row.reason;
  state.all_passed_over.push_back(row);
}

void JoinsElsewhere::restore(StartupState& store) {
  const auto events = events_->lock();
  store.read({.line_mark = [&](const LineMark& row) { keep(of(*events, row.event), row, clock_.now()); }});
  store.read({.passed_over = [&](const PassedOver& row) { keep(of(*events, row.event), row); }});
  // What a repeat may repeat is read again; the rest of the log has been read by the start. In a later epoch
  // all of it, for the places that were put back.
  const TimePoint since = clock_.now() - LineTail::kRemembered;
  for (auto& [event, state] : *events) {
    if (state.marks.empty() || state.marks.back().epoch > 1) continue;
    const auto first = std::partition_point(state.marks.begin(), state.marks.end(),
                                            [&](const LineMark& mark) { return mark.joined_at < since; });
    if (first != state.marks.begin()) state.tail.begin_at(std::prev(first)->at());
  }
}

void JoinsElsewhere::check(EventId event) {
  const LineMark mark = of(*events_->lock(), event).tail.mark();
  const auto found = mark.random == Uuid{} ? std::nullopt : log_.find(event, mark.at());
  if (mark.random == Uuid{} || (found && found->random == mark.random)) {
    const auto events = events_->lock();
    LineTail& tail = of(*events, event).tail;
    if (tail.reading() == LineTail::Reading::torn) tail.read_again();
    return;
  }
  std::vector<LineMark> marks;
  std::vector<PassedOver> passed_over;
  {
    const auto events = events_->lock();
    const OfEvent& state = of(*events, event);
    marks = state.marks;
    passed_over = state.all_passed_over;
  }
  LeftOfLog left =
      find_left(log_, event, marks, passed_over, [&](Place place) { return rooms_.owner(event, place); });
  submit_(std::make_unique<Raise>(*this, event, mark.epoch, std::move(left)));
}

void JoinsElsewhere::put_back(EventId event) {
  std::int32_t epoch = 0;
  std::vector<Place> missing;
  const auto read_missing = [&](Place after) {
    const auto events = events_->lock();
    missing = of(*events, event).tail.missing(after, kPutBackAtOnce);
  };
  {
    const auto events = events_->lock();
    OfEvent& state = of(*events, event);
    const TimePoint now = clock_.now();
    epoch = state.tail.mark().epoch;
    if (state.raised_epoch != epoch && now < state.epoch_heard_at + kPutBackForOthers) return;
    if (state.tail.reading() != LineTail::Reading::sound || now < state.put_back_at + kChecked) return;
    state.put_back_at = now;
  }
  std::size_t appended = 0;
  for (read_missing(0); !missing.empty() && appended < kPutBackAtOnce; read_missing(missing.back())) {
    for (const Place place : missing) {
      const auto owner = rooms_.owner(event, place);
      if (!owner || *owner == UserId{}) continue;  // nobody knows it
      LogRecord record{
          .event = event, .at = {}, .random = {}, .user = *owner, .place = place, .epoch = epoch};
      fill(record.random, random_);
      log_.append(record, [](LineLog::Outcome) {});  // what is still missing is appended again
      ++appended;
    }
  }
}

void JoinsElsewhere::join(const Join& order, Done done) {
  LogRecord record{.event = order.event, .at = {}, .random = {}, .user = order.user};
  fill(record.random, random_);
  {  // before the record can be read
    const auto events = events_->lock();
    OfEvent& state = of(*events, order.event);
    const TimePoint now = clock_.now();
    state.callers.emplace(record.random, Caller{order.user, now, std::move(done)});
    state.by_time.emplace_back(now, record.random);
  }
  log_.append(record, [all = events_, counts = counts_, event = order.event,
                       random = record.random](LineLog::Outcome outcome) {
    if (outcome != LineLog::Outcome::not_appended) return;
    Done refused;
    {
      const auto events = all->lock();
      auto& callers = of(*events, event).callers;
      const auto caller = callers.find(random);
      if (caller == callers.end()) return;
      refused = std::move(caller->second.done);
      callers.erase(caller);
    }
    ++counts->refused;
    refused(not_kept());
  });
}

void JoinsElsewhere::read(const std::vector<EventId>& events, Millis wait) {
  try {
    read_once(events, wait);
  } catch (const LogUnavailable&) {
    counts_->is_log_up = false;
    throw;
  }
  counts_->is_log_up = true;
}

void JoinsElsewhere::read_once(const std::vector<EventId>& events, Millis wait) {
  std::vector<EventId> to_check;
  {
    const TimePoint now = clock_.now();
    const auto all = events_->lock();
    for (const EventId event : events) {
      OfEvent& state = of(*all, event);
      const bool is_sound = state.tail.reading() == LineTail::Reading::sound;
      if (now < state.checked_at + (is_sound ? kChecked : kTornChecked)) continue;
      state.checked_at = now;
      to_check.push_back(event);
    }
  }
  for (const EventId event : to_check) {
    check(event);
    put_back(event);
  }
  std::map<EventId, LogPosition> from;
  {
    const auto all = events_->lock();
    for (const EventId event : events) {
      const LineTail& tail = of(*all, event).tail;
      if (tail.reading() != LineTail::Reading::torn) from[event] = tail.read_from();
    }
  }
  if (from.empty()) return std::this_thread::sleep_for(std::min(wait, kRest));
  const auto page = log_.read(from, kReadAtOnce, wait);
  find_owners(page);
  const TimePoint now = clock_.now();
  std::vector<Answered> answers;
  std::vector<EventId> to_take;
  for (auto begin = page.begin(); begin != page.end();) {
    const EventId event = begin->event;
    const auto end =
        std::find_if(begin, page.end(), [&](const LogRecord& one) { return one.event != event; });
    const auto all = events_->lock();
    OfEvent& state = of(*all, event);
    // Another reading may have begun since the page was asked for, perhaps of another epoch.
    if (state.tail.read_from() != from.at(event)) {
      begin = end;
      continue;
    }
    state.tail.add({begin, end}, now);
    bool has_own = false;
    for (; begin != end; ++begin) {
      if (begin->at <= state.tail.mark().at()) pass(state, *begin);
      else has_own = has_own || state.callers.contains(begin->random);
    }
    if (state.tail.reading() != LineTail::Reading::before_mark) answer_passed(state, answers);
    if (has_own && !std::exchange(state.is_asked, true)) to_take.push_back(event);
  }
  send(answers);
  for (const EventId event : to_take) ask_to_take(event);
}

void JoinsElsewhere::find_owners(const std::vector<LogRecord>& page) {
  for (const LogRecord& record : page) {
    if (record.place == 0) continue;
    const PlaceRef older{record.event, record.place, record.user};
    rooms_.found(older);
    const auto newest = rooms_.place_of(record.event, record.user, clock_.now());
    if (!newest || newest->place <= record.place) continue;
    const auto fan = rooms_.look(older);
    if (fan && fan->standing.status != QueueStatus::EXPIRED)
      submit_(std::make_unique<GiveUp>(rooms_, PlaceRef{record.event, newest->place, record.user}));
  }
}

void JoinsElsewhere::was_asked(EventId event, bool goes_on) {
  {
    const auto events = events_->lock();
    OfEvent& state = of(*events, event);
    state.is_asked = goes_on && !state.tail.untaken(1).empty();
    if (!state.is_asked) return;
  }
  ask_to_take(event);
}

void JoinsElsewhere::ask_to_take(EventId event) { submit_(std::make_unique<Take>(*this, event)); }

std::optional<Result<Joined>> JoinsElsewhere::outcome_of(const LogRecord& record,
                                                         const OfEvent& state) const {
  // Of a reading that does not fit the mark, positions say nothing.
  if (state.tail.reading() != LineTail::Reading::sound) {
    const auto place = rooms_.place_of(record.event, record.user, clock_.now());
    return place ? std::optional<Result<Joined>>(Joined{*place, false}) : std::nullopt;
  }
  const auto passed = state.passed_over.find(record.at);
  const bool has_place = passed == state.passed_over.end() || passed->second == PassedReason::has_place;
  if (has_place) {
    const auto place = rooms_.place_of(record.event, record.user, clock_.now());
    if (place) return Joined{*place, passed == state.passed_over.end()};
    return not_known();
  }
  switch (passed->second) {
    case PassedReason::full:
      return refuse(Code::OVERLOADED, "All places of this waiting room are given.");
    case PassedReason::not_on_sale:
      return refuse(Code::EVENT_NOT_ON_SALE, "The queue of this event is not open.");
    default:
      return not_known();
  }
}

void JoinsElsewhere::pass(OfEvent& state, const LogRecord& record) {
  if (state.callers.contains(record.random)) state.passed.push_back(record);
}

void JoinsElsewhere::answer_passed(OfEvent& state, std::vector<Answered>& answers) const {
  for (const LogRecord& record : std::exchange(state.passed, {})) {
    const auto caller = state.callers.find(record.random);
    if (caller == state.callers.end()) continue;
    auto outcome = outcome_of(record, state);
    if (!outcome) continue;
    answers.push_back({std::move(caller->second.done), *std::move(outcome)});
    state.callers.erase(caller);
  }
}

void JoinsElsewhere::count(const Result<Joined>& outcome) {
  if (outcome) ++counts_->placed;
  else ++(outcome.error().code == Code::OUTCOME_UNKNOWN ? counts_->unknown : counts_->refused);
}

void JoinsElsewhere::send(std::vector<Answered>& answers) {
  for (Answered& answer : answers) {
    count(answer.result);
    answer.done(std::move(answer.result));
  }
}

LineNumbers JoinsElsewhere::numbers() const {
  LineNumbers numbers{.placed = counts_->placed,
                      .refused = counts_->refused,
                      .unknown = counts_->unknown,
                      .epochs = counts_->epochs,
                      .is_log_up = counts_->is_log_up};
  const auto events = events_->lock();
  for (const auto& [event, state] : *events) {
    numbers.untaken += state.tail.size();
    numbers.oldest_read = std::min(numbers.oldest_read, state.tail.oldest_read_at());
  }
  return numbers;
}

void JoinsElsewhere::stop() {
  std::vector<Answered> answers;
  {
    const auto events = events_->lock();
    for (auto& [event, state] : *events) {
      for (auto& [random, caller] : state.callers) answers.push_back({std::move(caller.done), not_known()});
      state.callers.clear();
    }
  }
  send(answers);
}

void JoinsElsewhere::on_commit(const Batch& batch) {
  if (batch.line_marks.empty()) return;
  std::vector<Answered> answers;
  {
    const auto events = events_->lock();
    for (const PassedOver& row : batch.passed_over) keep(of(*events, row.event), row);
    for (const LineMark& mark : batch.line_marks) {
      OfEvent& state = of(*events, mark.event);
      if (mark.epoch > state.tail.mark().epoch) {
        ++counts_->epochs;
        answer_passed(state, answers);  // by what memory has: what was passed over is of the epoch before
      }
      if (mark.epoch == state.tail.mark().epoch)
        for (const LogRecord& record : state.tail.untaken(kReadAtOnce))
          if (record.at <= mark.at()) pass(state, record);
      keep(state, mark, batch.now);
      if (state.tail.reading() != LineTail::Reading::before_mark) answer_passed(state, answers);
    }
  }
  send(answers);
}

TimePoint JoinsElsewhere::next_due(TimePoint) const {
  TimePoint due = kNever;
  const auto events = events_->lock();
  for (const auto& [event, state] : *events) {
    if (!state.is_asked && state.tail.oldest_read_at() != kNever &&
        state.tail.reading() == LineTail::Reading::sound)
      due = std::min(due, state.tail.oldest_read_at() + kTakenForOthers);
    if (!state.by_time.empty()) due = std::min(due, state.by_time.front().first + kAnsweredAfter);
  }
  return due;
}

void JoinsElsewhere::collect(TimePoint now, std::vector<std::unique_ptr<Command>>& due) {
  std::vector<Answered> answers;
  {
    const auto events = events_->lock();
    for (auto& [event, state] : *events) {
      const bool is_old =
          state.tail.oldest_read_at() != kNever && state.tail.oldest_read_at() + kTakenForOthers <= now;
      if (is_old && state.tail.reading() == LineTail::Reading::sound && !std::exchange(state.is_asked, true))
        due.push_back(std::make_unique<Take>(*this, event));
      for (auto& oldest = state.by_time; !oldest.empty() && oldest.front().first + kAnsweredAfter <= now;
           oldest.pop_front()) {
        const auto caller = state.callers.find(oldest.front().second);
        if (caller == state.callers.end()) continue;
        answers.push_back({std::move(caller->second.done), not_known()});
        state.callers.erase(caller);
      }
    }
  }
  send(answers);
}

}  // namespace stagedoor::queue
