// An event's waiting room: the line, visits, absences, the draw, the priority line.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/time.h"
#include "core/uuid.h"

namespace stagedoor {

// Why a visit or a wait ended before its time. Stored as the number.
BOOST_DEFINE_ENUM_CLASS(EarlyEnd, none, paid, left, emptied)

// A place in an event's line. Its number never changes; `left_at` is set when its owner gives it up while
// waiting, or an operator empties the room.
struct LinePlace {
  EventId event{};
  Place place = 0;
  UserId user{};
  TimePoint joined_at{};
  std::optional<TimePoint> left_at{};
  EarlyEnd left_by = EarlyEnd::none;
};
BOOST_DESCRIBE_STRUCT(LinePlace, (), (event, place, user, joined_at, left_at, left_by))

// The turn of a user, who is inside during [activated_at, expires_at). An early end moves expires_at to that
// time.
struct Visit {
  EventId event{};
  Place place = 0;
  UserId user{};
  TimePoint activated_at{};
  TimePoint expires_at{};
  EarlyEnd ended_by = EarlyEnd::none;

  bool is_active(TimePoint now) const { return activated_at <= now && now < expires_at; }
};
BOOST_DESCRIBE_STRUCT(Visit, (), (event, place, user, activated_at, expires_at, ended_by))

// A bitmap over 4,096 places of a line; the lowest bit of the first byte is place `block` * 4096 + 1. As
// stored: the places whose owner was once absent while waiting (R-Q12); a bit is never cleared.
inline constexpr std::size_t kPlaceBits = 4096;
struct PlaceBitmap {
  EventId event{};
  std::int32_t block = 0;
  std::string bits{};  // 512 bytes
};
BOOST_DESCRIBE_STRUCT(PlaceBitmap, (), (event, block, bits))
constexpr std::int32_t block_of(Place place) { return static_cast<std::int32_t>((place - 1) / kPlaceBits); }
inline void set_bit(PlaceBitmap& block, Place place) {  // of block_of(place)
  char& byte = block.bits[(place - 1) % kPlaceBits / 8];
  byte = static_cast<char>(byte | 1 << (place - 1) % 8);
}
template <class Visit>
void each_place(const PlaceBitmap& block, Visit&& visit) {
  for (std::size_t i = 0; i < block.bits.size() * 8; ++i) {
    if (static_cast<unsigned char>(block.bits[i / 8]) >> (i % 8) & 1)
      visit(static_cast<Place>(std::size_t(block.block) * kPlaceBits + i + 1));
  }
}

// The opening of a draw was moved, at this time.
struct DrawMove {
  TimePoint at{};
  TimePoint from{};
  TimePoint to{};
};
BOOST_DESCRIBE_STRUCT(DrawMove, (), (at, from, to))

// The draw of an event's order (R-Q13; docs/draw.md): first a commitment to the seed, later the result.
struct Draw {
  EventId event{};
  std::string seed{};    // 32 random bytes, secret until drawn
  TimePoint opens_at{};  // users who joined before it take part
  TimePoint committed_at{};
  std::string
      beacon_source{};   // the public source that the policy named when it was committed; "" without one
  std::string beacon{};  // its value, after an operator gave it
  std::optional<TimePoint> drawn_at{};
  Place people = 0;            // once drawn: places 1 … people took part
  std::string digest{};        // once drawn: 32 bytes, of the list of their joins
  std::int32_t algorithm = 1;  // its version; see protocol/draw.h
  std::vector<DrawMove> moves{};
};
BOOST_DESCRIBE_STRUCT(Draw, (),
                      (event, seed, opens_at, committed_at, beacon_source, beacon, drawn_at, people, digest,
                       algorithm, moves))

// A user who may wait in the priority line of an event (R-Q17).
struct PriorityUser {
  EventId event{};
  UserId user{};
  TimePoint granted_at{};
  std::optional<TimePoint> taken_back_at{};  // nullopt: has it
};
BOOST_DESCRIBE_STRUCT(PriorityUser, (), (event, user, granted_at, taken_back_at))

// The stored rows of one event's room.
struct RoomRows {
  std::vector<LinePlace> places;  // by place, from 1
  std::vector<Visit> visits;
  std::vector<PlaceBitmap> absences;
  std::vector<PriorityUser> priority;
  std::optional<Draw> draw;
};

}  // namespace stagedoor
