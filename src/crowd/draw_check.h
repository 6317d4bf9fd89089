// Was the draw of a sale's order fair? Judged from what everybody can see: the draw as it was published
// before and after the opening, and what the fans of this crowd were told of their places (R-Q13). Pure.
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

namespace stagedoor::crowd {

// What GET /queue/draw/{event} says.
struct PublishedDraw {
  std::string commitment = {};  // hexadecimal, as are seed and digest
  TimePoint opens_at{};
  std::optional<TimePoint> drawn_at = {};  // nothing: not yet, and what follows is empty
  Place people = 0;
  std::string digest = {};
  std::string seed = {};
  std::string beacon = {};
};

// Throws when it is not of that form, or of another algorithm.
PublishedDraw read_draw(const boost::json::object& data);

// What one fan was told.
struct Witness {
  // From the token; place 0: none was given yet.
  Place place = 0;
  UserId user;
  TimePoint joined_at{};
  // The first position after the draw; -1: none was told. The server looked at the line between `asked` and
  // `told`.
  std::int64_t position = -1;
  Clock::time_point asked, told;
  TimePoint activated_at = kNever;  // stamp of the server; kNever: was not let in
  Clock::time_point admitted_told;
  Clock::time_point waited_asked;     // of the latest answer that said to wait
  Clock::time_point asked_last;       // of the latest answer
  Clock::duration longest_silence{};  // in which the server may have heard nothing, until let in
  bool was_let_in() const { return activated_at != kNever; }
};

// Reads place, user and time of joining, which stand in a token for everybody to see; leaves the signature to
// the server. False when it is no token ("Bearer …").
bool read_token(std::string_view token, Witness& witness);

struct DrawReport {
  bool is_drawn = false;
  std::int64_t gathered = 0;     // people who took part
  std::int64_t of_crowd = 0;     // of them, fans of this crowd
  Millis drawn_after{};          // the opening
  std::int64_t positions = 0;    // compared with ranks
  std::int64_t admissions = 0;   // compared with ranks
  std::int64_t absent = 0;       // fans who asked so late that they may have been passed over; not compared
  bool list_recomputed = false;  // everybody who took part was of this crowd
};

// `may_be_silent`: whoever is not heard of for longer may be taken for absent.
DrawReport check_draw(EventId event, const PublishedDraw& before, const PublishedDraw& after,
                      std::span<const Witness> fans, Clock::duration may_be_silent, Breaches& breaches);

}  // namespace stagedoor::crowd
