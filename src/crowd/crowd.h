// `stagedoor crowd`: simulated fans buy seats of one event over HTTP, to show a sale or to rehearse one
// (R-K5). Open model: fans arrive on a schedule that does not depend on the server, and latencies count from
// the intended send time. One thread, plain http:// only.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "core/time.h"
#include "crowd/report.h"

namespace stagedoor::crowd {

struct CrowdOptions {
  std::string url = "http://127.0.0.1:8080";
  std::int64_t fans = 0;   // 0: 10 % more than needed to sell out, minus the pre-queue
  double rate = 300;       // fans who arrive per second; 0: all at once
  std::int64_t event = 0;  // 0: the one on sale
  // Share of fans who give up: leave the line, cancel the hold, or leave while holding.
  double abandon = 0.05;
  double vanish = 0;  // share of fans who stop answering while holding; their holds expire
  std::int64_t seats_per_fan = 1;
  bool pick = false;  // fans pick single seats from the map instead of taking the best ones
  Millis think{0};    // a fan's average pause before choosing a seat, and before paying
  // Pause of a fan who found no seat before the next look; after three looks the fan leaves.
  Millis look_again{1000};
  std::int64_t connections = 256;  // requests in flight at most; others wait, and their latency includes it
  Millis limit{0};                 // end the rehearsal after this long; 0: when all fans have finished
  std::uint64_t seed = 0;          // of the fans' ids and choices; 0: random
  // Fans who arrive before the sale opens; `fans` then arrive after it. Needs an event whose order is drawn,
  // and checks the draw.
  std::int64_t prequeue = 0;
  bool json = false;  // the report as one JSON object on standard output instead of text
};

// Runs the rehearsal. A signal handler may raise `stop`: at 1 all fans leave the sale properly, at 2 the run
// ends at once. `on_progress` is called about once a second. Throws std::runtime_error when the server cannot
// be reached or the event is unknown.
CrowdReport walk_crowd(const CrowdOptions& options, const std::atomic<int>& stop,
                       const std::function<void(const CrowdReport&)>& on_progress);

// The sub-command: progress on standard error (a terminal gets one line that is rewritten), the report on
// standard output; Ctrl-C ends it properly. 0: no answer broke a rule, 1: one did, 2: it could not start.
int run_crowd(const CrowdOptions& options);

}  // namespace stagedoor::crowd
