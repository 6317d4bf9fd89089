// The draw of a room's order (R-Q13): committed in advance, and verifiable by anybody. Pure. docs/draw.md
// describes how to recompute it from published values.
//
//   commitment = SHA-256("stagedoor-draw-2" ‖ seed ‖ event)               published before anybody joins
//   digest     = SHA-256(for each place from 1: place ‖ user ‖ joined)    of the list, closed at the opening
//   key        = HMAC-SHA256(seed, digest ‖ beacon)
//   order      = the places, sorted by SHA-256(key ‖ place)
//
// The owner of the seed cannot choose places, because the key depends on all joins, and on the beacon if
// there is one. The last user to join cannot choose either, because the seed is secret. Integers are
// big-endian: event and joined (UTC milliseconds) 8 bytes, place 4; a user is the UUID's 16 bytes, the beacon
// UTF-8.
//
// In version 1 the commitment also covered the opening: SHA-256("stagedoor-draw-1" ‖ seed ‖ event ‖ opening).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/time.h"
#include "core/uuid.h"

namespace stagedoor::protocol {

inline constexpr std::int32_t kDrawAlgorithm = 2;  // of new draws
inline constexpr std::size_t kSeedBytes = 32;

// "stagedoor-draw-2" for version 2.
std::string_view draw_algorithm_name(std::int32_t version);
// nullopt: this program does not know it.
std::optional<std::int32_t> draw_algorithm(std::string_view name);

struct CommittedDraw {
  std::int32_t algorithm = kDrawAlgorithm;
  std::string_view seed;
  EventId event;
  TimePoint opens_at;  // counts in version 1 only
};
std::string draw_commitment(const CommittedDraw& draw);

// Call add() for the joins in the order of places.
class JoinsDigest {
 public:
  JoinsDigest();
  ~JoinsDigest();
  void add(Place place, const UserId& user, TimePoint joined_at);
  std::string finish();  // 32 bytes; call once

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

// Takes a third of a second for a million people.
DrawnOrder draw_order(std::string_view key, Place people);

}  // namespace stagedoor::protocol
