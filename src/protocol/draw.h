// The draw of a room's order (R-Q13): committed in advance, and to be recomputed by anybody. Pure. How to do
// that from the published numbers alone: docs/draw.md.
//
//   commitment = SHA-256("stagedoor-draw-1" ‖ seed ‖ event ‖ opening)     published before anybody joins
//   digest     = SHA-256(for each place from 1: place ‖ user ‖ joined)    of the list, closed at the opening
//   key        = HMAC-SHA256(seed, digest ‖ beacon)
//   order      = the places, sorted by SHA-256(key ‖ place)
//
// Whoever knows the seed cannot choose places, for the key depends on everybody who joined, and on the beacon
// where one was named; whoever joins last cannot either, for they do not know the seed. Integers are
// big-endian: event, opening and joined (UTC milliseconds) 8 bytes, place 4; a user is the UUID's 16 bytes,
// the beacon UTF-8.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/time.h"
#include "core/uuid.h"

namespace stagedoor::protocol {

inline constexpr std::string_view kDrawAlgorithm = "stagedoor-draw-1";
inline constexpr std::size_t kSeedBytes = 32;

std::string draw_commitment(std::string_view seed, EventId event, TimePoint opens_at);

// Fed with the list of joins in the order of places.
class JoinsDigest {
 public:
  JoinsDigest();
  ~JoinsDigest();
  void add(Place place, const UserId& user, TimePoint joined_at);
  std::string finish();  // 32 bytes; once

 private:
  struct Hash;
  std::unique_ptr<Hash> hash_;
};

std::string draw_key(std::string_view seed, std::string_view digest, std::string_view beacon);

// The order of places 1 … N after a draw: rank_of[place - 1] and place_at[rank - 1], both permutations of 1 …
// N.
struct DrawnOrder {
  std::vector<Place> rank_of;
  std::vector<Place> place_at;
};

// A third of a second for a million people.
DrawnOrder draw_order(std::string_view key, Place people);

}  // namespace stagedoor::protocol
