#include "modules/queue/joins_elsewhere.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/refusals.h"
#include "modules/queue/take_joins.h"

namespace stagedoor::queue {
namespace {

constexpr std::size_t kReasonsKept = 10'000;  // of an event

Refusal not_kept() {
  return refuse(Code::STORE_UNAVAILABLE,
                "New places are not given at the moment. Nothing was done; if you have a place, it is kept.");
}
Refusal not_known() {
  return refuse(Code::OUTCOME_UNKNOWN,
                "It is not known whether you have a place. Ask again: you will get the same one.");
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
    const auto events = joins_.events_.lock();
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

JoinsElsewhere::OfEvent& JoinsElsewhere::of(Events& events, EventId event) { return events[event]; }

void JoinsElsewhere::restore(const LineMark& mark) { of(*events_.lock(), mark.event).tail.taken(mark); }

void JoinsElsewhere::join(const Join& order, Done done) {
  LogRecord record{.event = order.event, .at = {}, .random = {}, .user = order.user};
  const std::string bytes = random_(record.random.bytes.size());
  std::memcpy(record.random.bytes.data(), bytes.data(), record.random.bytes.size());
  {  // before the record can be read
    const auto events = events_.lock();
    OfEvent& state = of(*events, order.event);
    const TimePoint now = clock_.now();
    state.callers.emplace(record.random, Caller{order.user, now, std::move(done)});
    state.by_time.emplace_back(now, record.random);
  }
  log_.append(record, [this, event = order.event, random = record.random](LineLog::Outcome outcome) {
    if (outcome != LineLog::Outcome::not_appended) return;
    Done refused;
    {
      const auto events = events_.lock();
      auto& callers = of(*events, event).callers;
      const auto caller = callers.find(random);
      if (caller == callers.end()) return;
      refused = std::move(caller->second.done);
      callers.erase(caller);
    }
    refused(not_kept());
  });
}

void JoinsElsewhere::read(const std::vector<EventId>& events, Millis wait) {
  std::map<EventId, LogPosition> from;
  {
    const auto all = events_.lock();
    for (const EventId event : events) {
      LineTail& tail = of(*all, event).tail;
      if (tail.reading() == LineTail::Reading::torn) tail.read_again();
      from[event] = tail.read_from();
    }
  }
  const auto page = log_.read(from, kReadAtOnce, wait);
  const TimePoint now = clock_.now();
  std::vector<Answered> answers;
  std::vector<EventId> to_take;
  for (auto begin = page.begin(); begin != page.end();) {
    const EventId event = begin->event;
    const auto end =
        std::find_if(begin, page.end(), [&](const LogRecord& one) { return one.event != event; });
    const auto all = events_.lock();
    OfEvent& state = of(*all, event);
    // Another epoch may have begun since the page was asked for; the tail drops what does not follow.
    if (state.tail.read_from() == from.at(event)) state.tail.add({begin, end}, now);
    std::vector<LogRecord> passed;
    bool has_own = false;
    for (; begin != end; ++begin) {
      if (!state.callers.contains(begin->random)) continue;
      if (begin->at <= state.tail.mark().at()) passed.push_back(*begin);
      else has_own = true;
    }
    answer_passed(state, passed, answers);
    if (has_own && !std::exchange(state.is_asked, true)) to_take.push_back(event);
  }
  send(answers);
  for (const EventId event : to_take) ask_to_take(event);
}

void JoinsElsewhere::was_asked(EventId event, bool goes_on) {
  {
    const auto events = events_.lock();
    OfEvent& state = of(*events, event);
    state.is_asked = goes_on && !state.tail.untaken(1).empty();
    if (!state.is_asked) return;
  }
  ask_to_take(event);
}

void JoinsElsewhere::ask_to_take(EventId event) { submit_(std::make_unique<Take>(*this, event)); }

Result<Joined> JoinsElsewhere::outcome_of(const LogRecord& record, const OfEvent& state) const {
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

void JoinsElsewhere::answer_passed(OfEvent& state, const std::vector<LogRecord>& records,
                                   std::vector<Answered>& answers) const {
  for (const LogRecord& record : records) {
    const auto caller = state.callers.find(record.random);
    if (caller == state.callers.end()) continue;
    answers.push_back({std::move(caller->second.done), outcome_of(record, state)});
    state.callers.erase(caller);
  }
}

void JoinsElsewhere::send(std::vector<Answered>& answers) {
  for (Answered& answer : answers) answer.done(std::move(answer.result));
}

void JoinsElsewhere::on_commit(const Batch& batch) {
  if (batch.line_marks.empty()) return;
  std::vector<Answered> answers;
  {
    const auto events = events_.lock();
    for (const PassedOver& row : batch.passed_over) {
      auto& reasons = of(*events, row.event).passed_over;
      reasons[row.at()] = row.reason;
      if (reasons.size() > kReasonsKept) reasons.erase(reasons.begin());
    }
    for (const LineMark& mark : batch.line_marks) {
      OfEvent& state = of(*events, mark.event);
      if (mark.epoch > state.tail.mark().epoch) {
        state.passed_over.clear();  // other records may have these positions now
      } else {
        auto passed = state.tail.untaken(kReadAtOnce);
        std::erase_if(passed, [&](const LogRecord& one) { return one.at > mark.at(); });
        answer_passed(state, passed, answers);
      }
      state.tail.taken(mark);
    }
  }
  send(answers);
}

TimePoint JoinsElsewhere::next_due(TimePoint) const {
  TimePoint due = kNever;
  const auto events = events_.lock();
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
    const auto events = events_.lock();
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
