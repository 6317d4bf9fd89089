#include "app/instance/housekeeping.h"

#include <utility>

#include "core/log.h"

namespace stagedoor {
namespace {

constexpr std::size_t kRowsAtOnce = 2000;
constexpr Millis kRest{60'000};
constexpr Millis kMargin{3'600'000};  // kept longer than guaranteed
constexpr Millis kBetweenPieces{100};
constexpr Millis kOutboxKept{7 * 24 * 3'600'000};  // without sinks

}  // namespace

RetentionLimits Housekeeping::limits(TimePoint now) {
  RetentionLimits limits{.answers_before = now - kAnswersKept - kMargin};
  const bool may_drop = events_.drop_after > Millis(0);
  if (!events_.delivery) {
    limits.outbox_before = now - (may_drop ? events_.drop_after : kOutboxKept);
  } else if (const auto delivery = events_.delivery()) {
    limits.outbox_accepted = delivery->accepted;
    if (may_drop) limits.outbox_before = now - events_.drop_after;
    note_age(delivery->oldest, now);
  }
  return limits;
}

void Housekeeping::collect(TimePoint now, std::vector<std::unique_ptr<Command>>&) {
  due_ = now + kRest;
  try {
    const Forgotten forgotten = retention_.forget(limits(now), kRowsAtOnce);
    const bool has_more = forgotten.rows >= kRowsAtOnce;
    if (has_more) due_ = now + kBetweenPieces;
    if (events_.delivery) count_dropped(forgotten.dropped_events, !has_more);
  } catch (const StoreUnavailable& outage) {
    log(LogLevel::warn, "removing old rows failed; trying again in a minute",
        {{"error.message", outage.what()}});
  }
}

void Housekeeping::note_age(const std::optional<TimePoint>& oldest, TimePoint now) {
  const bool is_overdue = oldest && now - *oldest > events_.keep;
  if (std::exchange(is_overdue_, is_overdue) == is_overdue) return;
  if (is_overdue) {
    log(LogLevel::error, "an event has waited for a sink longer than events.keep",
        {{"stagedoor.event_time", to_rfc3339(*oldest)}});
  } else {
    log(LogLevel::info, "no event waits for a sink longer than events.keep any more");
  }
}

void Housekeeping::count_dropped(std::size_t events, bool is_last) {
  dropped_.fetch_add(events, std::memory_order_relaxed);
  dropped_unlogged_ += events;
  if (!is_last || dropped_unlogged_ == 0) return;
  log(LogLevel::error, "events older than events.drop_after were removed before every sink had accepted them",
      {{"stagedoor.events", std::exchange(dropped_unlogged_, 0)}});
}

}  // namespace stagedoor
