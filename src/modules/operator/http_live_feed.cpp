#include "modules/operator/http_live_feed.h"

#include <boost/describe/enum_to_string.hpp>
#include <cmath>
#include <numeric>
#include <utility>

#include "json/write.h"

namespace stagedoor::operators {
namespace {

constexpr std::chrono::milliseconds kEvery{1000};
constexpr std::chrono::milliseconds kWindowLeast{900};  // a round of the feed may be a little early
constexpr std::chrono::seconds kWindowMost{10};         // a longer one says nothing of now
constexpr Millis kStale{1000};  // as the staleness guard, which refuses calls from then on

using Totals = http::Metrics::Totals;

std::uint64_t count_of(const Durations::Counts& counts) {
  return std::accumulate(counts.buckets.begin(), counts.buckets.end(), std::uint64_t{0});
}

Durations::Counts difference(const Durations::Counts& before, Durations::Counts after) {
  for (std::size_t i = 0; i < after.buckets.size(); ++i) after.buckets[i] -= before.buckets[i];
  after.nanoseconds -= before.nanoseconds;
  return after;
}

LatencyDto latency_dto(std::string calls, const Durations::Counts& counts) {
  return {.calls = std::move(calls),
          .requests = std::int64_t(count_of(counts)),
          .p50Ms = percentile_ms(counts, 0.50),
          .p95Ms = percentile_ms(counts, 0.95),
          .p99Ms = percentile_ms(counts, 0.99)};
}

std::vector<LatencyDto> latency_between(const Totals& before, const Totals& after) {
  std::vector<LatencyDto> classes;
  Durations::Counts all;
  for (std::size_t i = 0; i < after.durations.size(); ++i) {
    const Durations::Counts counts = difference(before.durations[i], after.durations[i]);
    if (count_of(counts) == 0) continue;
    all += counts;
    const char* name = boost::describe::enum_to_string(static_cast<http::LimitClass>(i), "");
    classes.push_back(latency_dto(name, counts));
  }
  if (!classes.empty()) classes.insert(classes.begin(), latency_dto("all", all));
  return classes;
}

std::map<std::string, std::int64_t> refusals_between(const Totals& before, const Totals& after) {
  std::map<std::string, std::int64_t> refusals;
  for (std::size_t i = 0; i < after.refusals.size(); ++i) {
    const std::uint64_t count = after.refusals[i] - before.refusals[i];
    if (count > 0) refusals[boost::describe::enum_to_string(static_cast<Code>(i), "")] = std::int64_t(count);
  }
  return refusals;
}

}  // namespace

double percentile_ms(const Durations::Counts& counts, double share) {
  const auto wanted = std::uint64_t(std::ceil(share * double(count_of(counts))));
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < Durations::kBounds.size(); ++i) {
    below += counts.buckets[i];
    if (below >= wanted) return double(Durations::kBounds[i]) / 1000;
  }
  return double(Durations::kBounds.back()) / 1000;
}

LiveDto LiveNumbers::at(SteadyClock::time_point now) {
  const TimePoint at = deps_.clock.now();
  return {.at = at, .events = events(at), .instance = instance(now)};
}

std::vector<LiveEventDto> LiveNumbers::events(TimePoint now) const {
  const auto catalogue = deps_.read_model.catalogue();
  std::map<EventId, catalogue::EventAvailability> stocks;
  for (const auto& [id, date] : catalogue->dates) {
    if (!date->deleted_at) stocks[date->event].dates.push_back({date.get(), deps_.read_model.left(id)});
  }
  std::vector<LiveEventDto> rows;
  for (const auto& [id, event] : catalogue->events) {
    const queue::RoomNumbers room = deps_.rooms.numbers(id);
    const catalogue::Sales sales = deps_.read_model.sales(id);
    catalogue::EventAvailability& stock = stocks[id];
    stock.event = event.get();
    stock.holds = sales.holds;
    LiveEventDto& row = rows.emplace_back();
    row = {.eventId = id,
           .name = event->name,
           .status = catalogue::status_of(stock, now),
           .paused = event->paused,
           .waiting = room.waiting,
           .present = room.present,
           .active = std::int64_t(room.active),
           .joined = room.joined,
           .admittedPerSecond = room.admitted_per_second,
           .estimatedWaitSeconds = room.wait_seconds,
           .holds = sales.holds,
           .sold = sales.sold,
           .revenue = sales.revenue};
    for (const auto& date : stock.dates) {
      row.seatCount += date.left;
      row.totalSeats += std::int64_t(date.date->seats.size());
    }
  }
  return rows;
}

LiveInstanceDto LiveNumbers::instance(SteadyClock::time_point now) {
  LiveInstanceDto dto;
  {
    const auto window = window_.lock();
    const auto age = window->until ? now - *window->until : SteadyClock::duration::max();
    if (deps_.http_metrics && age >= kWindowLeast) {
      const Totals totals = deps_.http_metrics->totals();
      window->counted = {};
      if (age <= kWindowMost) {
        window->counted.seconds = std::chrono::duration<double>(age).count();
        window->counted.refusals = refusals_between(window->totals, totals);
        window->counted.latency = latency_between(window->totals, totals);
      }
      window->totals = totals;
      window->until = now;
    }
    dto = window->counted;
  }
  const Lane& lane = deps_.lane;
  if (lane.has_others())
    dto.behindMs = std::chrono::duration_cast<std::chrono::milliseconds>(lane.behind()).count();
  dto.storeAway = lane.is_store_away() || !lane.is_fresh(kStale);
  dto.clockAlarm = deps_.service_clock && deps_.service_clock->status().is_alarm;
  return dto;
}

LiveFeed::Event LiveFeed::after(std::uint64_t version, SteadyClock::time_point now) {
  {
    const auto state = state_.lock();
    const bool is_due = !state->made_at || now - *state->made_at >= kEvery;
    if (!is_due || state->is_being_made) return state->newest.version > version ? state->newest : Event{};
    state->is_being_made = true;
  }
  if (deps_.render_aside) deps_.render_aside([self = shared_from_this(), now] { self->make(now); });
  else make(now);
  const auto state = state_.lock();
  return state->newest.version > version ? state->newest : Event{};
}

// Must not throw: the worker's other jobs would be lost with it.
void LiveFeed::make(SteadyClock::time_point now) {
  auto text = std::make_shared<std::string>("event: live\ndata: ");
  json::write(*text, numbers_.at(now));
  *text += "\n\n";
  const auto state = state_.lock();
  state->newest = {std::move(text), state->newest.version + 1};
  state->made_at = now;
  state->is_being_made = false;
}

}  // namespace stagedoor::operators
