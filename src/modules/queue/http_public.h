// The public facts of a room: its numbers, for caches between the crowd and the server, and its draw, for
// anybody who wants to recompute it (R-Q13).
#pragma once

#include <functional>
#include <memory>

#include "http/router.h"
#include "json/types.h"
#include "modules/queue/rooms.h"
#include "modules/queue/stock.h"

namespace stagedoor::queue {

struct DrawMoveDto {
  TimePoint at{};
  TimePoint from{};
  TimePoint to{};
};
BOOST_DESCRIBE_STRUCT(DrawMoveDto, (), (at, from, to))

struct DrawDto {
  std::string algorithm;
  std::string commitment;  // hexadecimal, as are seed and digest
  TimePoint opensAt{};
  TimePoint committedAt{};
  json::Omitted<std::vector<DrawMoveDto>> moves = {};  // of the opening, the oldest first
  json::Omitted<std::string> beaconSource = {};
  json::Omitted<std::string> beacon = {};
  // Once drawn:
  json::Omitted<TimePoint> drawnAt = {};
  json::Omitted<std::int64_t> people = {};
  json::Omitted<std::string> digest = {};
  json::Omitted<std::string> seed = {};
};
BOOST_DESCRIBE_STRUCT(DrawDto, (),
                      (algorithm, commitment, opensAt, committedAt, moves, beaconSource, beacon, drawnAt,
                       people, digest, seed))
DrawDto to_dto(const Draw& draw);

struct PublicDeps {
  const Rooms& rooms;
  const Clock& clock;
  std::function<std::shared_ptr<const Catalogue>()> catalogue;
  StockOf stock;
};
// `deps` must outlive the router.
void add_public_routes(http::Router& router, const PublicDeps& deps);

}  // namespace stagedoor::queue
