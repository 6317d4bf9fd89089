// What operators look up: reservations by their user, their id, their seat or a ticket, and what every seat
// of a date is.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <map>
#include <memory>

#include "api/query_enum.h"
#include "core/guarded.h"
#include "json/schema.h"
#include "modules/identity/operator_limit.h"
#include "modules/operator/http_common.h"
#include "modules/operator/http_query_id.h"
#include "modules/reservation/http.h"
#include "modules/ticket/model.h"
#include "protocol/ticket_layout.h"

namespace stagedoor::operators {

struct SeatStatesDto {
  DateId eventDateId;
  SeatId firstSeatId;
  std::string seats;  // a letter each, by the order of their ids

  static void refine(boost::json::object& properties) {
    auto& seats = properties["seats"].as_object();
    seats["pattern"] = "^[.hsb]*$";
    seats["examples"] = boost::json::array{"..hsb"};
  }
};
BOOST_DESCRIBE_STRUCT(SeatStatesDto, (), (eventDateId, firstSeatId, seats))

struct FoundReservationDto : reservation::ReservationDto {
  json::Omitted<std::string> ticketSerial;  // of its valid ticket; only for paid reservations
  json::Omitted<bool> ticketRevoked;        // true if the ticket that was asked for is not valid any more
};
BOOST_DESCRIBE_STRUCT(FoundReservationDto, (reservation::ReservationDto), (ticketSerial, ticketRevoked))

namespace {

struct Wanted {
  std::optional<UserId> user = {};
  std::optional<ReservationId> id = {};
  std::optional<SeatId> seat = {};
  std::optional<TicketSerial> ticket = {};
  std::optional<ReservationStatus> status = {};  // with `user`
};

Result<std::optional<UserId>> query_user(const http::Request& request) {
  const auto text = request.query("user");
  if (!text) return std::optional<UserId>();
  const auto user = parse_uuid(*text);
  if (!user) return invalid("user", "must be a UUID");
  return std::optional(UserId(*user));
}

// The serial, or all that the code of a ticket says. The signature does not count: an operator may see every
// reservation.
Result<std::optional<TicketSerial>> query_ticket(const http::Request& request) {
  const auto text = request.query("ticket");
  if (!text) return std::optional<TicketSerial>();
  if (const auto serial = parse_serial(*text)) return serial;
  if (const auto bytes = protocol::ticket_bytes(*text))
    return std::optional(protocol::ticket_claims(*bytes).serial);
  return invalid("ticket", "must be a serial of 16 lower-case hexadecimal digits, or a ticket");
}

struct WantedInQuery {
  Result<Wanted> operator()(const api::Source& from) const {
    const auto user = query_user(from.request);
    const auto id = query_id<ReservationId>(from.request, "id");
    const auto seat = query_id<SeatId>(from.request, "seat");
    const auto ticket = query_ticket(from.request);
    const auto status = api::query_enum<ReservationStatus>(from.request, "status");
    if (const auto refusal = refusal_of(user, id, seat, ticket, status)) return *refusal;
    const bool given[] = {user->has_value(), id->has_value(), seat->has_value(), ticket->has_value()};
    if (std::ranges::count(given, true) != 1)
      return invalid("user", "or id, seat or ticket must be given, and only one of them");
    if (*status && !*user) return invalid("status", "must be omitted unless user is given");
    return Wanted{*user, *id, *seat, *ticket, *status};
  }
  void describe(http::Inputs& inputs) const {
    const auto add = [&](const char* name, const char* description, http::Schema schema) {
      inputs.parameters.push_back({.name = name, .description = description, .schema = schema});
    };
    add("user", "All reservations of this user", &json::schema<UserId>);
    add("id", "This reservation", &json::schema<ReservationId>);
    add("seat", "The reservation that has this seat: a live hold, or a paid one", &json::schema<SeatId>);
    add("ticket", "The reservation of this ticket: its serial, or all 151 characters of its code",
        &json::schema<std::string>);
    add("status", "With user: only reservations of this status", &json::schema<ReservationStatus>);
  }
};

std::vector<Reservation> find_rows(Queries& queries, const Wanted& wanted,
                                   const std::optional<TicketRef>& ticket, PageAt at, TimePoint now) {
  if (wanted.user) return queries.reservations_of(*wanted.user, wanted.status, at);
  auto found = wanted.seat ? queries.reservation_taking(*wanted.seat)
                           : queries.reservation(ticket ? ticket->first : *wanted.id);
  if (wanted.seat && found && found->status_at(now) == ReservationStatus::CANCELLED) found.reset();
  if (ticket && found && !ticket::was_issued(*ticket, *found)) found.reset();
  if (!found) return {};
  return {*found};
}

Result<Answer> find_page(const OperatorDeps& deps, Queries& queries, const Wanted& wanted, PageAt at) {
  const TimePoint now = deps.clock.now();
  const TicketSerials& serials = deps.lane.ticket_serials();
  std::optional<TicketRef> asked;
  if (wanted.ticket) asked = serials.ticket_of(*wanted.ticket);
  auto rows = find_rows(queries, wanted, asked, api::one_more(at), now);
  const auto next = api::cut_page(rows, at, [](const Reservation& row) { return row.id.value; });
  const auto catalogue = deps.read_model.catalogue();
  std::vector<FoundReservationDto> dtos;
  for (const Reservation& row : rows) {
    FoundReservationDto& dto = dtos.emplace_back();
    static_cast<reservation::ReservationDto&>(dto) = reservation::to_dto(row, *catalogue, now);
    const bool is_paid = row.status == ReservationStatus::PAID;
    if (is_paid) dto.ticketSerial = to_text(serials.of(current_ticket(row)));
    if (asked && !(is_paid && *asked == current_ticket(row))) dto.ticketRevoked = true;
  }
  return http::page(dtos, next);
}

http::Route find_route(const OperatorDeps& deps) {
  constexpr std::size_t kAtOnce = 8;  // fans read their histories by the same threads
  const auto limit =
      std::make_shared<identity::OperatorLimit>(identity::OperatorLimit::Rule{.at_once = kAtOnce});
  const auto find = [limit](const OperatorDeps& of, const identity::Operator& who, const Wanted& wanted,
                            PageAt at, http::Reply reply) {
    auto counted = limit->begin(who.name, identity::OperatorLimit::SteadyClock::now());
    if (!counted) return reply(http::render_refusal(counted.error()));
    api::submit_read(of.query_pool, std::move(reply),
                     [&of, wanted, at, counted = std::move(*counted)](Queries& queries) mutable {
                       auto answer = find_page(of, queries, wanted, at);
                       counted.reset();  // before the client has the answer and may ask again
                       return answer;
                     });
  };
  return operator_route(
      {.method = http::Method::GET,
       .path = "/admin/reservations",
       .id = "adminFindReservations",
       .summary =
           "Reservations, newest first: those of a user, the one with an id, the one that has a seat, or the "
           "one of a ticket",
       .successes = {{.description = "A page",
                      .schema = &json::schema<FoundReservationDto>,
                      .envelope = http::Envelope::page}},
       .handler = api::bind(deps, find, identity::by_operator("adminFindReservations"), WantedInQuery{},
                            api::with_page)});
}

// The rendered seats of the dates that are looked at, each at most twice a second, whoever asks how often.
class SeatPages {
 public:
  struct Page {
    std::shared_ptr<const std::string> body;
    std::string tag;
    std::chrono::steady_clock::time_point made_at;
  };

  Page get(const catalogue::ReadModel::LiveDate& live) {
    const auto now = std::chrono::steady_clock::now();
    const auto pages = pages_.lock();
    if (pages->size() >= kPagesMax && !pages->contains(live.date->id)) pages->clear();
    Page& page = (*pages)[live.date->id];
    if (page.body && now - page.made_at < kKept) return page;
    const SeatStatesDto dto{live.date->id, live.date->first_seat, live.seat_map->states()};
    page.body = std::make_shared<const std::string>(http::ok(200, dto).body);
    page.tag = http::content_tag(*page.body);
    page.made_at = now;
    return page;
  }

 private:
  static constexpr std::chrono::milliseconds kKept{500};
  static constexpr std::size_t kPagesMax = 32;  // of up to 100,000 bytes

  Guarded<std::map<DateId, Page>> pages_;
};

http::Route seats_route(const OperatorDeps& deps) {
  const auto pages = std::make_shared<SeatPages>();
  const auto show = [pages](const OperatorDeps& of, const identity::Operator&, DateId id,
                            const std::string& tags, http::Reply reply) {
    const auto live = of.read_model.live(id);
    if (!live) return reply(http::render_refusal(unknown_date(id)));
    const SeatPages::Page page = pages->get(*live);
    reply(http::with_etag(tags, {.shared = page.body}, page.tag));
  };
  return operator_route(
      {.method = http::Method::GET,
       .path = "/admin/dates/{id}/seats",
       .id = "adminGetSeats",
       .summary = "What every seat of a date is: free, held, sold or blocked. At most half a second old",
       .successes = {{.description =
                          "A letter for each seat, in the order of the layout: . free, h held, s sold, "
                          "b blocked for the house",
                      .schema = &json::schema<SeatStatesDto>},
                     {.status = 304, .description = "Not changed since the ETag given"}},
       .refusals = {Code::EVENT_DATE_NOT_FOUND},
       .handler = api::bind(deps, show, identity::by_operator("adminGetSeats"), api::with_id<DateId>("id"),
                            api::with_known_tags)});
}

}  // namespace

void add_find_routes(http::Router& router, const OperatorDeps& deps) {
  router.add(find_route(deps));
  router.add(seats_route(deps));
}

}  // namespace stagedoor::operators
