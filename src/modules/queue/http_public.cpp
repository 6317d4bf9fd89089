#include "modules/queue/http_public.h"

#include <fmt/format.h>

#include <map>

#include "api/bind.h"
#include "core/guarded.h"
#include "core/hex.h"
#include "core/refusals.h"
#include "json/schema.h"
#include "json/types.h"
#include "protocol/draw.h"

namespace stagedoor::queue {

struct PublicRoomDto {
  EventId eventId;
  bool gathering = false;  // people join, and the order is not drawn yet
  bool paused = false;
  std::int64_t waiting = 0;
  std::int64_t present = 0;   // of those waiting, users with a recent sign of life
  std::int64_t active = 0;    // inside
  std::int64_t joined = 0;    // places ever given
  std::int64_t frontier = 0;  // the last admitted position of the line: a place, or after a draw a rank
  double admittedPerSecond = 0;
  bool soldOut = false;
  json::Omitted<json::Rendered<Stock>> stock = {};
  json::Omitted<DrawDto> draw = {};
};
BOOST_DESCRIBE_STRUCT(PublicRoomDto, (),
                      (eventId, gathering, paused, waiting, present, active, joined, frontier,
                       admittedPerSecond, soldOut, stock, draw))

namespace {

constexpr Millis kKept{500};  // rendered at most twice a second
constexpr std::string_view kCacheControl = "Cache-Control: public, max-age=1, stale-while-revalidate=5\r\n";

// The rendered numbers of every room, rendered again on a request for stale ones.
class Pages {
 public:
  explicit Pages(const PublicDeps& deps) : deps_(deps) {}

  Result<Answer> answer(const http::Request& request) {
    const auto id = request.id<EventId>("eventId");
    if (!id) return id.error();
    const auto catalogue = deps_.catalogue();
    const Event* event = catalogue->event(*id);
    if (!event) return unknown_event(*id);
    const auto pages = pages_.lock();
    Page& page = (*pages)[*id];
    const TimePoint now = deps_.clock.now();
    if (!page.body || now < page.made_at || now - page.made_at >= kKept) {
      page.body = std::make_shared<const std::string>(render(*event));
      page.tag = http::content_tag(*page.body);
      page.made_at = now;
    }
    return http::with_etag(request, {.headers = std::string(kCacheControl), .shared = page.body}, page.tag);
  }

 private:
  struct Page {
    std::shared_ptr<const std::string> body;
    std::string tag;
    TimePoint made_at{};
  };

  std::string render(const Event& event) const {
    const RoomNumbers numbers = deps_.rooms.numbers(event.id);
    PublicRoomDto dto{.eventId = event.id,
                      .gathering = numbers.is_gathering,
                      .paused = event.paused,
                      .waiting = numbers.waiting,
                      .present = numbers.present,
                      .active = std::int64_t(numbers.active),
                      .joined = numbers.joined,
                      .frontier = numbers.frontier,
                      .admittedPerSecond = numbers.admitted_per_second};
    if (const auto update = deps_.stock(event.id)) {
      dto.soldOut = update->sold_out;
      dto.stock = update->stock;
    }
    if (const auto draw = deps_.rooms.draw(event.id)) dto.draw = to_dto(*draw);
    return http::ok(200, dto).body;
  }

  const PublicDeps& deps_;
  Guarded<std::map<EventId, Page>> pages_;
};

Result<Answer> show_draw(const PublicDeps& deps, const http::Request& request) {
  const auto id = request.id<EventId>("eventId");
  if (!id) return id.error();
  if (!deps.catalogue()->event(*id)) return unknown_event(*id);
  const auto draw = deps.rooms.draw(*id);
  if (!draw) return refuse(Code::NOT_FOUND, "There is no draw for this event.");
  return http::ok(200, to_dto(*draw));
}

}  // namespace

DrawDto to_dto(const Draw& draw) {
  DrawDto dto{
      .algorithm = std::string(protocol::draw_algorithm_name(draw.algorithm)),
      .commitment = to_hex(protocol::draw_commitment({draw.algorithm, draw.seed, draw.event, draw.opens_at})),
      .opensAt = draw.opens_at,
      .committedAt = draw.committed_at,
      .moves = std::vector<DrawMoveDto>()};
  for (const DrawMove& move : draw.moves) dto.moves->push_back({move.at, move.from, move.to});
  if (!draw.beacon_source.empty()) dto.beaconSource = draw.beacon_source;
  if (!draw.beacon.empty()) dto.beacon = draw.beacon;
  if (!draw.drawn_at) return dto;
  dto.drawnAt = *draw.drawn_at;
  dto.people = draw.people;
  dto.digest = to_hex(draw.digest);
  dto.seed = to_hex(draw.seed);
  return dto;
}

void add_public_routes(http::Router& router, const PublicDeps& deps) {
  const auto pages = std::make_shared<Pages>(deps);
  router.add(
      {.method = http::Method::GET,
       .path = "/queue/public/{eventId}",
       .id = "getRoom",
       .summary = "The room's public numbers, for a cache between the crowd and the server",
       .tag = "queue",
       .successes = {{.description = "The numbers, at most a second old",
                      .schema = &json::schema<PublicRoomDto>},
                     {.status = 304, .description = "Nothing has changed", .schema = nullptr}},
       .refusals = {Code::EVENT_NOT_FOUND},
       .read = [pages](const http::Request& request) { return http::answer_of(pages->answer(request)); }});
  router.add(
      {.method = http::Method::GET,
       .path = "/queue/draw/{eventId}",
       .id = "getDraw",
       .summary =
           "The draw of the room's order: the commitment, and after the draw all values to recompute it",
       .tag = "queue",
       .successes = {{.description = "The draw", .schema = &json::schema<DrawDto>}},
       .refusals = {Code::EVENT_NOT_FOUND, Code::NOT_FOUND},
       .read = api::bind_read(deps, show_draw)});
}

}  // namespace stagedoor::queue
