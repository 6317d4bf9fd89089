// `stagedoor crowd`: a crowd of fans goes through the real HTTP journey of one event, so that a newcomer sees
// a sale and an operator can rehearse one (R-K5). Open model: fans come on a schedule whatever the server
// does, and latencies count from when a request was meant to be sent. One thread, plain http:// only.
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
  std::int64_t fans = 0;   // 0: a tenth more than it takes to sell out, less those of the pre-queue
  double rate = 300;       // fans who arrive per second; 0: all at once
  std::int64_t event = 0;  // 0: the one on sale
  double abandon =
      0.05;  // share of fans who give up on the way: leave the line, cancel the hold, leave while holding
  double vanish = 0;  // share of fans who go away without a word while holding; their seats lapse
  std::int64_t seats_per_fan = 1;
  Millis think{0};  // a fan's average pause before choosing a seat, and before paying
  Millis look_again{
      1000};  // pause of a fan who found nothing left, before looking again; three times, then they leave
  std::int64_t connections =
      256;                 // at most so many requests at once; more wait, and their latency counts that
  Millis limit{0};         // end the rehearsal after this long; 0: when everybody is through
  std::uint64_t seed = 0;  // of the fans' ids and choices; 0: another one each time
  // Fans who come before the sale opens, besides `fans`, who then come after it. Needs an event whose order
  // is drawn, and checks the draw.
  std::int64_t prequeue = 0;
  bool json = false;  // the report as one JSON object on standard output instead of text
};

// Runs the rehearsal. `stop` may be raised by a signal handler: at 1 everybody leaves politely, at 2 it ends
// at once. `tell` gets the state of things about once a second. Throws std::runtime_error when the server
// cannot be reached or the event is unknown.
CrowdReport walk_crowd(const CrowdOptions& options, const std::atomic<int>& stop,
                       const std::function<void(const CrowdReport&)>& tell);

// The sub-command: progress on standard error (one line rewritten on a terminal), the report on standard
// output, Ctrl-C ends it politely. 0: every answer kept the rules, 1: one did not, 2: it could not start.
int run_crowd(const CrowdOptions& options);

}  // namespace stagedoor::crowd
