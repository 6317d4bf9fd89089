// Checks the draw of a sale (R-Q13) from public facts: the draw as published before and after the opening,
// and the answers that the fans of this crowd got about their places. Pure.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/ids.h"
#include "core/time.h"
#include "core/uuid.h"
#include "crowd/client.h"
#include "crowd/rules.h"
#include "protocol/draw.h"

namespace stagedoor::crowd {

// The answer of GET /queue/draw/{event}.
struct PublishedDraw {
  std::int32_t algorithm = protocol::kDrawAlgorithm;
  std::string commitment = {};  // hexadecimal, as are seed and digest
  TimePoint opens_at{};
  std::optional<TimePoint> drawn_at = {};  // nullopt: not drawn yet, and the members below are empty
  Place people = 0;
  std::string digest = {};
  std::string seed = {};
  std::string beacon = {};
};

// Throws when the form or the algorithm is another one.
PublishedDraw read_draw(const boost::json::object& data);

// The facts that one fan has from the answers.
struct Witness {
  // From the token; place 0: no token yet.
  Place place = 0;
  UserId user;
  TimePoint joined_at{};
  // The first position after the draw; -1: none. The server read the line between `sent` and `answered`.
  std::int64_t position = -1;
  Clock::time_point sent, answered;
  TimePoint activated_at = kNever;  // time of the server; kNever: was not admitted
  Clock::time_point admission_seen;
  Clock::time_point last_waiting_sent;  // of the latest request that was answered with "waiting"
  Clock::time_point last_sent;          // of the latest request
  Clock::duration longest_silence{};    // longest time without a request, until admission
  bool was_let_in() const { return activated_at != kNever; }
};

// Reads place, user and time of joining from a token ("Bearer …"). The server checks the signature. False for
// anything else.
bool read_token(std::string_view token, Witness& witness);

struct DrawReport {
  bool is_drawn = false;
  std::int64_t gathered = 0;    // people who took part
  std::int64_t of_crowd = 0;    // of those, fans of this crowd
  Millis drawn_after{};         // after the opening
  std::int64_t positions = 0;   // compared with ranks
  std::int64_t admissions = 0;  // compared with ranks
  std::int64_t absent = 0;      // fans who polled so late that the server may have skipped them; not compared
  bool list_recomputed = false;  // all participants are fans of this crowd
};

// `may_be_silent`: the server may count a fan as absent after a longer time without a request.
DrawReport check_draw(EventId event, const PublishedDraw& before, const PublishedDraw& after,
                      std::span<const Witness> fans, Clock::duration may_be_silent, Breaches& breaches);

}  // namespace stagedoor::crowd
