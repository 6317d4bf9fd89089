// The live numbers (R-O2): of every event, and of the instance that answers. They come from memory; the feed
// renders them once a second for all consoles together, and only while one is open.
#pragma once

#include <boost/describe/class.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/guarded.h"
#include "http/metrics.h"
#include "modules/operator/http.h"

namespace stagedoor::operators {

struct LiveEventDto {
  EventId eventId;
  std::string name;
  catalogue::EventStatus status = catalogue::EventStatus::UPCOMING;
  bool paused = false;
  std::int64_t waiting = 0;
  std::int64_t present = 0;  // of those waiting, users with a recent sign of life
  std::int64_t active = 0;
  std::int64_t joined = 0;  // places ever given
  double admittedPerSecond = 0;
  std::optional<std::int64_t> estimatedWaitSeconds;  // of somebody who joins now
  std::int64_t holds = 0;
  std::int64_t sold = 0;
  Won revenue;
  std::int64_t seatCount = 0;  // left
  std::int64_t totalSeats = 0;
};
BOOST_DESCRIBE_STRUCT(LiveEventDto, (),
                      (eventId, name, status, paused, waiting, present, active, joined, admittedPerSecond,
                       estimatedWaitSeconds, holds, sold, revenue, seatCount, totalSeats))

// Times are the upper bounds of the buckets of core/durations.h.
struct LatencyDto {
  std::string calls;  // "all", or a class of limits
  std::int64_t requests = 0;
  double p50Ms = 0;
  double p95Ms = 0;
  double p99Ms = 0;
};
BOOST_DESCRIBE_STRUCT(LatencyDto, (), (calls, requests, p50Ms, p95Ms, p99Ms))

struct LiveInstanceDto {
  std::int64_t behindMs = 0;  // how stale the numbers of the events may be; 0 with one instance
  bool storeAway = false;     // what changes something is refused
  bool clockAlarm = false;    // the wall clock was set
  double seconds = 0;         // the time that the two lists count; 0: they are empty
  std::map<std::string, std::int64_t> refusals;
  std::vector<LatencyDto> latency;
};
BOOST_DESCRIBE_STRUCT(LiveInstanceDto, (), (behindMs, storeAway, clockAlarm, seconds, refusals, latency))

struct LiveDto {
  TimePoint at{};
  std::vector<LiveEventDto> events;
  LiveInstanceDto instance;
};
BOOST_DESCRIBE_STRUCT(LiveDto, (), (at, events, instance))

// The smallest bound in milliseconds that at least `share` of the durations do not exceed; of those beyond
// the last bound, that one.
double percentile_ms(const Durations::Counts& counts, double share);

class LiveNumbers {
 public:
  using SteadyClock = std::chrono::steady_clock;

  // `deps` must outlive it.
  explicit LiveNumbers(const OperatorDeps& deps) : deps_(deps) {}

  // Any thread. O(events + dates).
  LiveDto at(SteadyClock::time_point now);

 private:
  // What was answered is counted in windows of a second, whoever asks.
  struct Window {
    std::optional<SteadyClock::time_point> until;
    http::Metrics::Totals totals;  // as of `until`
    LiveInstanceDto counted;
  };

  std::vector<LiveEventDto> events(TimePoint now) const;
  LiveInstanceDto instance(SteadyClock::time_point now);

  const OperatorDeps& deps_;
  Guarded<Window> window_;
};

// The numbers as server-sent events for any number of listeners, each a cursor. Must be owned by a
// shared_ptr.
class LiveFeed : public std::enable_shared_from_this<LiveFeed> {
 public:
  using SteadyClock = LiveNumbers::SteadyClock;

  explicit LiveFeed(const OperatorDeps& deps) : deps_(deps), numbers_(deps) {}

  LiveNumbers& numbers() { return numbers_; }

  struct Event {
    std::shared_ptr<const std::string> text;  // null: nothing new
    std::uint64_t version = 0;
  };
  // The newest event if it is newer than `version`. If it is a second old, the next one is made, on another
  // thread if there is one. Any thread.
  Event after(std::uint64_t version, SteadyClock::time_point now);

 private:
  struct State {
    Event newest;
    std::optional<SteadyClock::time_point> made_at;
    bool is_being_made = false;
  };

  void make(SteadyClock::time_point now);

  const OperatorDeps& deps_;
  LiveNumbers numbers_;
  Guarded<State> state_;
};

}  // namespace stagedoor::operators
