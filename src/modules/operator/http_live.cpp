// Reads of operators: the live numbers, and the audit log.
#include <algorithm>
#include <iterator>

#include "json/schema.h"
#include "json/types.h"
#include "modules/operator/http_common.h"

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
  std::int64_t holds = 0;
  std::int64_t sold = 0;
  Won revenue;
  std::int64_t seatCount = 0;  // left
  std::int64_t totalSeats = 0;
};
BOOST_DESCRIBE_STRUCT(LiveEventDto, (),
                      (eventId, name, status, paused, waiting, present, active, joined, admittedPerSecond,
                       holds, sold, revenue, seatCount, totalSeats))

struct LiveDto {
  TimePoint at{};
  std::vector<LiveEventDto> events;
};
BOOST_DESCRIBE_STRUCT(LiveDto, (), (at, events))

struct LogDto {
  LogId id;
  TimePoint createdAt{};
  std::string operatorName;
  std::string action;
  json::Omitted<EventId> eventId;
  json::Raw detail;
};
BOOST_DESCRIBE_STRUCT(LogDto, (), (id, createdAt, operatorName, action, eventId, detail))

namespace {

void live(const OperatorDeps& deps, const identity::Operator&, http::Reply reply) {
  const auto catalogue = deps.read_model.catalogue();
  LiveDto dto{.at = deps.clock.now(), .events = {}};
  for (const auto& [id, event] : catalogue->events) {
    const queue::RoomNumbers room = deps.rooms.numbers(id);
    const catalogue::Sales sales = deps.read_model.sales(id);
    LiveEventDto row{.eventId = id,
                     .name = event->name,
                     .paused = event->paused,
                     .waiting = room.waiting,
                     .present = room.present,
                     .active = std::int64_t(room.active),
                     .joined = room.joined,
                     .admittedPerSecond = room.admitted_per_second,
                     .holds = sales.holds,
                     .sold = sales.sold,
                     .revenue = sales.revenue};
    catalogue::EventAvailability stock{.event = event.get(), .dates = {}, .holds = sales.holds};
    for (const auto& [date_id, date] : catalogue->dates) {
      if (date->event != id || date->deleted_at) continue;
      stock.dates.push_back({date.get(), deps.read_model.left(date_id)});
      row.seatCount += stock.dates.back().left;
      row.totalSeats += std::int64_t(date->seats.size());
    }
    row.status = catalogue::status_of(stock, dto.at);
    dto.events.push_back(std::move(row));
  }
  reply(http::ok(200, dto));
}

http::Route live_route(const OperatorDeps& deps) {
  return operator_route({.method = http::Method::GET,
                         .path = "/admin/live",
                         .id = "adminGetLive",
                         .summary = "People waiting and inside, holds, sales and revenue of every event, now",
                         .successes = {{.description = "The numbers", .schema = &json::schema<LiveDto>}},
                         .handler = api::bind(deps, live, identity::by_operator("adminGetLive"))});
}

LogDto log_dto(const LogRow& row) {
  LogDto dto{.id = row.id,
             .createdAt = row.created_at,
             .operatorName = row.operator_name,
             .action = row.action,
             .eventId = {},
             .detail = {row.detail.empty() ? "{}" : row.detail}};
  if (row.event) dto.eventId = row.event;
  return dto;
}

void show_log(const OperatorDeps& deps, const identity::Operator&, PageAt at, http::Reply reply) {
  api::submit_read(deps.query_pool, std::move(reply), [at](Queries& queries) {
    auto rows = queries.log(api::one_more(at));
    const auto next = api::cut_page(rows, at, [](const LogRow& row) { return row.id.value; });
    std::vector<LogDto> dtos;
    std::transform(rows.begin(), rows.end(), std::back_inserter(dtos), log_dto);
    return http::page(dtos, next);
  });
}

http::Route log_route(const OperatorDeps& deps) {
  return operator_route(
      {.method = http::Method::GET,
       .path = "/admin/log",
       .id = "adminListLog",
       .summary = "What operators changed, newest first",
       .successes = {{.description = "A page",
                      .schema = &json::schema<LogDto>,
                      .envelope = http::Envelope::page}},
       .refusals = {Code::STORE_UNAVAILABLE},
       .handler = api::bind(deps, show_log, identity::by_operator("adminListLog"), api::with_page)});
}

}  // namespace

void add_live_routes(http::Router& router, const OperatorDeps& deps) {
  for (const auto route : {live_route, log_route}) router.add(route(deps));
}

}  // namespace stagedoor::operators
