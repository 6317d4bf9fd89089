// What gates ask (R-P9): check-in, alone and for many scans that were made offline, and the list that a gate
// takes along.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "api/bind.h"
#include "api/call.h"
#include "json/read.h"
#include "json/schema.h"
#include "json/types.h"
#include "modules/events/event_types.h"
#include "modules/identity/operator_limit.h"
#include "modules/identity/who_asks.h"
#include "modules/ticket/http.h"
#include "modules/ticket/model.h"

namespace stagedoor::ticket {

struct ScanBody {
  std::string serial;
  TimePoint at{};
  json::Omitted<bool> undo;
};
BOOST_DESCRIBE_STRUCT(ScanBody, (), (serial, at, undo))

struct CheckInBody {
  static constexpr std::size_t kListMax = 200;  // the lane decides them in one go

  std::string device;
  json::Omitted<DateId> eventDateId;
  json::Omitted<std::vector<ScanBody>> scans;
  json::Omitted<std::string> ticket;
  json::Omitted<std::string> serial;
  json::Omitted<TimePoint> at;
};
BOOST_DESCRIBE_STRUCT(CheckInBody, (), (device, eventDateId, scans, ticket, serial, at))

constexpr const char* kSerialForm = "must be the 16 hexadecimal digits of a serial";

void check(const ScanBody& body, json::FieldErrors& errors) {
  if (!parse_serial(body.serial)) errors.add("serial", kSerialForm);
}

void check(const CheckInBody& body, json::FieldErrors& errors) {
  constexpr std::size_t kDeviceMax = 40;
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  if (body.device.empty() || body.device.size() > kDeviceMax || !std::ranges::all_of(body.device, is_plain))
    errors.add("device", "must be 1 to 40 of the characters A-Z a-z 0-9 . _ -");
  if (int(body.scans.has_value()) + int(body.ticket.has_value()) + int(body.serial.has_value()) != 1)
    errors.add("scans", "must be given alone, or else one of ticket and serial");
  if (body.scans && body.scans->empty()) errors.add("scans", "must have at least one scan");
  if (body.scans && body.at) errors.add("at", "must be omitted when scans is given");
  if (body.serial && !parse_serial(*body.serial)) errors.add("serial", kSerialForm);
}

// What CheckInBody takes, for the API document.
struct CheckInTicketBody {
  std::string device;
  std::string ticket;
  json::Omitted<DateId> eventDateId;
  json::Omitted<TimePoint> at;
};
BOOST_DESCRIBE_STRUCT(CheckInTicketBody, (), (device, ticket, eventDateId, at))
struct CheckInSerialBody {
  std::string device;
  std::string serial;
  json::Omitted<DateId> eventDateId;
  json::Omitted<TimePoint> at;
};
BOOST_DESCRIBE_STRUCT(CheckInSerialBody, (), (device, serial, eventDateId, at))
struct CheckInScansBody {
  static constexpr std::size_t kListMax = CheckInBody::kListMax;

  std::string device;
  std::vector<ScanBody> scans;
  json::Omitted<DateId> eventDateId;
  static void refine(boost::json::object& properties) { properties["scans"].as_object()["minItems"] = 1; }
};
BOOST_DESCRIBE_STRUCT(CheckInScansBody, (), (device, scans, eventDateId))

struct EntryDto {
  CheckInResult result = CheckInResult::ACCEPTED;
  std::string serial;
  TimePoint at{};
  std::string device;
  ReservationId reservationId;
  EventId eventId;
  DateId eventDateId;
  SeatId seatId;
  std::int64_t seatNumber = 0;
};
BOOST_DESCRIBE_STRUCT(EntryDto, (),
                      (result, serial, at, device, reservationId, eventId, eventDateId, seatId, seatNumber))

struct ScanDto {
  std::string serial;
  TimePoint at{};
  CheckInResult result = CheckInResult::UNKNOWN;
  std::optional<events::TicketScan> first;  // the scan that counts
};
BOOST_DESCRIBE_STRUCT(ScanDto, (), (serial, at, result, first))
struct CheckInDto {
  std::string device;
  std::vector<ScanDto> results;
};
BOOST_DESCRIBE_STRUCT(CheckInDto, (), (device, results))

struct DoubleUseDto {
  std::string serial;
  events::TicketScan first;  // the scan that counts
  std::vector<events::TicketScan> later;
};
BOOST_DESCRIBE_STRUCT(DoubleUseDto, (), (serial, first, later))
struct GateListDto {
  DateId eventDateId;
  std::vector<std::string> revoked;
  std::vector<DoubleUseDto> usedTwice;
};
BOOST_DESCRIBE_STRUCT(GateListDto, (), (eventDateId, revoked, usedTwice))

namespace {

using enum http::Method;

constexpr std::chrono::hours kAheadMax{24};  // of a device's clock
constexpr std::size_t kCheckInsMax = 16;     // at once, of an operator
constexpr std::size_t kListsMax = 4;         // the same

using identity::OperatorLimit;

// Ends what is counted before the client has the answer and may ask again.
struct CountedReply {
  std::shared_ptr<const void> counted;
  http::Reply reply;

  void operator()(Answer answer) {
    counted.reset();
    reply(std::move(answer));
  }
};

void submit_scans(const TicketDeps& deps, CheckIn order, Idempotency idempotency, CountedReply reply) {
  auto shared = std::make_shared<const CheckIn>(std::move(order));
  api::submit(
      deps.lane, LaneClass::operation, std::move(idempotency),
      [shared](const View& view, Keys& wanted) { check_in_keys(*shared, view, wanted); },
      [shared](const View& view, BatchContext& context) {
        Changes changes;
        const auto judged = decide_check_in(*shared, view, context, changes);
        CheckInDto dto{shared->device, {}};
        for (std::size_t i = 0; i < judged.size(); ++i) {
          const Scanned& scan = shared->scans[i];
          ScanDto& one = dto.results.emplace_back(
              ScanDto{to_text(context.ids.serial_of(scan.ticket)), scan.at, judged[i].result, {}});
          if (const auto& first = judged[i].first) one.first = events::TicketScan{first->at, first->device};
        }
        const bool is_kept = !changes.ticket_uses.empty();  // only then is the answer worth remembering
        return CommandResult{http::ok(200, dto), std::move(changes), is_kept};
      },
      std::move(reply));
}

void submit_entry(const TicketDeps& deps, const CheckIn& order, Idempotency idempotency, CountedReply reply) {
  api::submit(
      deps.lane, LaneClass::operation, std::move(idempotency),
      [order](const View& view, Keys& wanted) { check_in_keys(order, view, wanted); },
      [order](const View& view, BatchContext& context) {
        return api::answered(decide_entry(order, view, context), [&](const Judged& judged) {
          const Reservation& row = *judged.row;
          const EventDate* date = view.catalogue->date(row.date);
          return http::ok(
              200, EntryDto{.result = judged.result,
                            .serial = to_text(context.ids.serial_of(order.scans.front().ticket)),
                            .at = order.scans.front().at,
                            .device = order.device,
                            .reservationId = row.id,
                            .eventId = row.event,
                            .eventDateId = row.date,
                            .seatId = row.seat,
                            .seatNumber = date && date->has(row.seat) ? date->seat(row.seat).number : 0});
        });
      },
      std::move(reply));
}

// A signature is verified on a thread of the query pool, which has a bounded queue.
void submit_ticket(const TicketDeps& deps, std::string text, CheckIn order, Idempotency idempotency,
                   CountedReply reply) {
  auto held = std::make_shared<CountedReply>(std::move(reply));
  const bool is_taken =
      deps.query_pool.submit([held, text = std::move(text), order = std::move(order),
                              idempotency = std::move(idempotency), &deps](Queries&) mutable {
        const auto claims = deps.ticket_keys.verify(text);
        if (!claims)
          return (*held)(
              http::render_refusal(refuse(Code::TICKET_NOT_FOUND, "This is no ticket of this server.")));
        order.scans.front().ticket = deps.lane.ticket_serials().ticket_of(claims->serial);
        submit_entry(deps, order, std::move(idempotency), std::move(*held));
      });
  if (!is_taken) (*held)(http::render_refusal(overloaded()));
}

void check_in(const TicketDeps& deps, CheckInBody body, Idempotency idempotency, CountedReply reply) {
  const TicketSerials& serials = deps.lane.ticket_serials();
  const TimePoint now = deps.clock.now();
  CheckIn order{std::move(body.device), body.eventDateId, {}};
  const auto add = [&](TicketRef ticket, TimePoint at, bool undo) {
    order.scans.push_back({ticket, at, undo});
  };
  if (body.scans) {
    for (const auto& scan : *body.scans)
      add(serials.ticket_of(*parse_serial(scan.serial)), scan.at, scan.undo.value_or(false));
  } else {
    add(body.serial ? serials.ticket_of(*parse_serial(*body.serial)) : TicketRef{}, body.at.value_or(now),
        false);
  }
  const auto ahead =
      std::ranges::find_if(order.scans, [&](const Scanned& scan) { return scan.at > now + kAheadMax; });
  if (ahead != order.scans.end()) {
    const std::string path = body.scans ? fmt::format("scans[{}].at", ahead - order.scans.begin()) : "at";
    return reply(http::render_refusal(invalid(path, "must not be more than a day ahead of the server")));
  }
  if (body.scans) return submit_scans(deps, std::move(order), std::move(idempotency), std::move(reply));
  if (body.serial) return submit_entry(deps, order, std::move(idempotency), std::move(reply));
  submit_ticket(deps, std::move(*body.ticket), std::move(order), std::move(idempotency), std::move(reply));
}

http::Route check_in_route(const TicketDeps& deps) {
  const auto limit = std::make_shared<OperatorLimit>(OperatorLimit::Rule{.at_once = kCheckInsMax});
  const auto handle = [limit](const TicketDeps& of, const identity::Operator& who, CheckInBody body,
                              Idempotency idempotency, http::Reply reply) {
    auto counted = limit->begin(who.name, OperatorLimit::SteadyClock::now());
    if (!counted) return reply(http::render_refusal(counted.error()));
    check_in(of, std::move(body), std::move(idempotency), {std::move(*counted), std::move(reply)});
  };
  return {
      .method = POST,
      .path = "/admin/check-in",
      .id = "adminCheckIn",
      .summary = "Use a ticket at a gate, or report the scans that a device made offline",
      .tag = "operators",
      .body = &json::one_of_schema<http::Components, CheckInTicketBody, CheckInSerialBody, CheckInScansBody>,
      .examples =
          {{"a typed serial", R"({"device":"door-1","serial":"00000000000000ff"})"},
           {"scans made offline",
            R"({"device":"door-1","scans":[{"serial":"00000000000000ff","at":"2030-01-01T18:00:00.000Z"}]})"}},
      .successes = {{.description = "The ticket is used now; with scans a result for each",
                     .schema = &json::one_of_schema<http::Components, EntryDto, CheckInDto>}},
      .refusals = {Code::TICKET_NOT_FOUND, Code::TICKET_ALREADY_USED, Code::TICKET_REVOKED},
      .handler = api::bind(deps, handle, identity::by_operator("adminCheckIn"), api::with_body<CheckInBody>,
                           api::with_idempotency),
      .limit_class = http::LimitClass::operation};
}

GateListDto to_dto(DateId date, const GateRows& rows, const TicketSerials& serials) {
  GateListDto dto{date, {}, {}};
  for (const RevokedTickets& revoked : rows.revoked)
    for (std::int32_t version = revoked.first; version < revoked.version; ++version)
      dto.revoked.push_back(to_text(serials.of({revoked.reservation, version})));
  std::ranges::sort(dto.revoked);
  for (const TicketUse& use : rows.twice) {
    std::vector<events::TicketScan> live;
    for (const Scan& scan : parse_scans(use.scans))
      if (!scan.is_undone) live.push_back({scan.at, scan.device});
    if (live.empty()) continue;
    dto.usedTwice.push_back(
        {to_text(serials.of({use.reservation, use.ticket})), live.front(), {live.begin() + 1, live.end()}});
  }
  std::ranges::sort(dto.usedTwice, {}, &DoubleUseDto::serial);
  return dto;
}

void list_revoked(const TicketDeps& deps, DateId date, const std::string& known_tags,
                  std::shared_ptr<const void> counted, http::Reply reply) {
  api::submit_read(
      deps.query_pool, std::move(reply),
      [date, known_tags, counted = std::move(counted), &deps](Queries& queries) mutable -> Result<Answer> {
        if (!deps.catalogue()->date(date)) return unknown_date(date);
        Answer answer = http::ok(200, to_dto(date, queries.gate_rows(date), deps.lane.ticket_serials()));
        const std::string tag = http::content_tag(answer.body);
        counted.reset();  // before the client has the answer and may ask again
        return http::with_etag(known_tags, std::move(answer), tag);
      });
}

http::Route revoked_route(const TicketDeps& deps) {
  const auto limit = std::make_shared<OperatorLimit>(OperatorLimit::Rule{.at_once = kListsMax});
  const auto handle = [limit](const TicketDeps& of, const identity::Operator& who, DateId date,
                              const std::string& known_tags, http::Reply reply) {
    auto counted = limit->begin(who.name, OperatorLimit::SteadyClock::now());
    if (!counted) return reply(http::render_refusal(counted.error()));
    list_revoked(of, date, known_tags, std::move(*counted), std::move(reply));
  };
  return {.method = GET,
          .path = "/admin/dates/{id}/revoked",
          .id = "adminListRevokedTickets",
          .summary = "What a gate takes along: the revoked tickets of a date, and those that were used twice",
          .tag = "operators",
          .successes = {{.description = "All of them; a gate asks again with If-None-Match",
                         .schema = &json::schema<GateListDto>},
                        {.status = 304, .description = "Not changed since the ETag given"}},
          .refusals = {Code::EVENT_DATE_NOT_FOUND},
          .handler = api::bind(deps, handle, identity::by_operator("adminListRevokedTickets"),
                               api::with_id<DateId>("id"), api::with_known_tags),
          .limit_class = http::LimitClass::operation};
}

}  // namespace

void add_gate_routes(http::Router& router, const TicketDeps& deps) {
  for (const auto route : {check_in_route, revoked_route}) router.add(route(deps));
}

}  // namespace stagedoor::ticket
