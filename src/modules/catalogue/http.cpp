#include "modules/catalogue/http.h"

#include <absl/time/civil_time.h>
#include <fmt/format.h>

#include <algorithm>

#include "api/query_enum.h"
#include "core/parse_number.h"
#include "core/refusals.h"
#include "core/time_zone.h"
#include "http/preferences.h"
#include "http/render_refusal.h"
#include "json/schema.h"
#include "modules/catalogue/availability.h"
#include "modules/catalogue/layout.h"

namespace stagedoor::catalogue {
namespace {

using enum http::Method;

// The schema of a day.
boost::json::value day_schema(http::Components&) { return {{"type", "string"}, {"format", "date"}}; }

// A day such as "2036-02-01".
Result<absl::CivilDay> query_day(const http::Request& request) {
  const auto text = request.query("date");
  if (!text) return invalid("date", "is required: YYYY-MM-DD, the day of startDate in the event's time zone");
  const auto midnight = text->size() == 10 ? parse_rfc3339(*text + "T00:00:00Z") : std::nullopt;
  if (!midnight) return invalid("date", "must be a day, YYYY-MM-DD");
  return absl::ToCivilDay(absl::FromUnixMillis(to_ms(*midnight)), absl::UTCTimeZone());
}

// The event's only date on that day.
Result<DateId> date_on(const Catalogue& catalogue, EventId id, const absl::CivilDay& day) {
  const Event* event = catalogue.event(id);
  if (!event) return unknown_event(id);
  // UTC only where the system has lost the zone since the event was made.
  const absl::TimeZone zone = find_time_zone(event->time_zone).value_or(absl::UTCTimeZone());
  std::vector<DateId> found;
  for (const auto& [date_id, date] : catalogue.dates) {
    if (date->event != id || date->deleted_at) continue;
    if (absl::ToCivilDay(absl::FromUnixMillis(to_ms(date->starts_at)), zone) == day) found.push_back(date_id);
  }
  if (found.size() == 1) return found[0];
  if (found.empty()) {
    return refuse(Code::EVENT_DATE_NOT_FOUND,
                  fmt::format("The event has no date on that day (time zone {}).", event->time_zone));
  }
  Refusal refusal =
      refuse(Code::DATE_AMBIGUOUS, "The event has several dates on that day. Name one by its id.");
  for (const DateId date : found) {
    refusal.details.push_back({"date", fmt::format("could be /events/properties/{}/seats", date.value)});
  }
  return refusal;
}

// What an answer depends on besides the page.
struct Wanted {
  bool gzip = false;
  bool only_head = false;
  std::string_view known_tags;  // If-None-Match
  std::int64_t version = 0;     // of a layout, in ?v=; 0: none

  explicit Wanted(const http::Request& request)
      : gzip(http::accepts_gzip(request.header("Accept-Encoding"))),
        only_head(request.method == HEAD),
        known_tags(request.header("If-None-Match")) {}
};

Answer answer_with(const Wanted& wanted, const RenderedPage& page) {
  const RenderedPage::Form& form = wanted.gzip ? page.gzip() : page.plain();
  Answer answer;
  const bool is_named = wanted.version != 0 && wanted.version == page.version();
  answer.headers = is_named ? form.immutable_headers : form.headers;
  const std::string_view known = wanted.known_tags;
  if (!known.empty() &&
      (http::etag_matches(known, form.tag) || http::etag_matches(known, page.plain().tag))) {
    answer.status = 304;
  } else if (wanted.only_head) {
    answer.length = form.size;
  } else {
    answer.shared = form.body;
  }
  return answer;
}

class LaterPage final : public LaterAnswer {
 public:
  LaterPage(PageTicket ticket, const Wanted& wanted)
      : ticket_(std::move(ticket)), wanted_(wanted), known_tags_(wanted.known_tags) {}
  void then(absl::AnyInvocable<void(Answer)> reply) override {
    ticket_.await([wanted = wanted_, known_tags = std::move(known_tags_),
                   reply = std::move(reply)](const PagePtr& page) mutable {
      wanted.known_tags = known_tags;
      reply(page ? answer_with(wanted, *page) : http::render_refusal(overloaded()));
    });
  }

 private:
  PageTicket ticket_;
  Wanted wanted_;
  std::string known_tags_;
};

using Find = Result<PageTicket> (*)(const CatalogueDeps&, const http::Request&, const PageNeeds&);

Answer find_page(const CatalogueDeps& deps, const http::Request& request, const Wanted& wanted, Find find) {
  auto ticket =
      find(deps, request, {.asked_at = deps.clock.now(), .gzip = wanted.gzip, .only_head = wanted.only_head});
  if (!ticket) return http::render_refusal(ticket.error());
  if (ticket->page) return answer_with(wanted, *ticket->page);
  return {.later = std::make_shared<LaterPage>(std::move(*ticket), wanted)};
}

http::Read bind(const CatalogueDeps& deps, Find find) {
  return
      [&deps, find](const http::Request& request) { return find_page(deps, request, Wanted(request), find); };
}

const http::Success kNotModified{.status = 304, .description = "Not changed since the ETag given"};
const http::Parameter kSeatStatus{
    .name = "status", .description = "Only seats of this status", .schema = &json::schema<SeatStatus>};

std::vector<Code> turn_refusals(std::initializer_list<Code> more) {
  std::vector<Code> codes{Code::WRONG_TOKEN_TURN, Code::WRONG_TOKEN_EVENT};
  codes.insert(codes.end(), more);
  return codes;
}

Result<PageTicket> events(const CatalogueDeps& deps, const http::Request& request, const PageNeeds& needs) {
  const auto status = api::query_enum<EventStatus>(request, "status");
  if (!status) return status.error();
  return deps.read_model.events(*status, needs.asked_at, needs);
}

http::Route events_route(const CatalogueDeps& deps) {
  return {.method = GET,
          .path = "/events",
          .id = "listEvents",
          .summary = "All events",
          .tag = "catalogue",
          .parameters = {{.name = "status",
                          .description = "Only events of this status",
                          .schema = &json::schema<EventStatus>}},
          .successes = {{.description = "The events", .schema = &json::schema<std::vector<EventDto>>},
                        kNotModified},
          .read = bind(deps, events)};
}

Result<PageTicket> event(const CatalogueDeps& deps, const http::Request& request, const PageNeeds& needs) {
  const auto id = request.id<EventId>("eventId");
  if (!id) return id.error();
  return deps.read_model.event(*id, needs.asked_at, needs);
}

http::Route event_route(const CatalogueDeps& deps) {
  return {
      .method = GET,
      .path = "/events/{eventId}",
      .id = "getEvent",
      .summary = "An event and its dates",
      .tag = "catalogue",
      .successes = {{.description = "The event", .schema = &json::schema<EventWithDatesDto>}, kNotModified},
      .refusals = {Code::EVENT_NOT_FOUND},
      .read = bind(deps, event)};
}

BOOST_DEFINE_ENUM_CLASS(DatesIncluded, all)

Result<PageTicket> dates(const CatalogueDeps& deps, const http::Request& request, const PageNeeds& needs) {
  const auto token = deps.tokens.of(request);
  if (!token) return token.error();
  const auto id = request.id<EventId>("eventId");
  const auto include = api::query_enum<DatesIncluded>(request, "include");
  if (const auto refusal = refusal_of(id, include)) return *refusal;
  if (const auto turn = deps.turns.check(*token, *id); !turn) return turn.error();
  return deps.read_model.dates(*id, *include ? DatesWanted::all : DatesWanted::bookable, needs.asked_at,
                               needs);
}

http::Route dates_route(const CatalogueDeps& deps) {
  return {
      .method = GET,
      .path = "/events/{eventId}/dates",
      .id = "listDates",
      .summary = "The dates of an event that can be booked now",
      .tag = "catalogue",
      .access = http::Access::place_token,
      .parameters = {{.name = "include",
                      .description = "all: every date, each with `bookable`",
                      .schema = &json::schema<DatesIncluded>}},
      .successes = {{.description = "The dates",
                     .schema = &json::schema<std::vector<EventDateDto>>,
                     .links = {{"listSeats", "The seats of the first", {{"eventDateId", "data/0/id"}}, {}},
                               {"getLayout", "Where they are", {{"eventDateId", "data/0/id"}}, {}},
                               {"getAvailability", "Which are free", {{"eventDateId", "data/0/id"}}, {}}}},
                    kNotModified},
      .refusals = turn_refusals({Code::EVENT_NOT_FOUND}),
      .read = bind(deps, dates)};
}

// An unknown date has no event whose turn could be checked.
Result<void> check_turn(const CatalogueDeps& deps, const protocol::TokenClaims& token, DateId date) {
  const auto event = deps.read_model.event_of(date);
  return event ? deps.turns.check(token, *event) : Result<void>();
}

Result<PageTicket> seats(const CatalogueDeps& deps, const http::Request& request, const PageNeeds& needs) {
  const auto token = deps.tokens.of(request);
  if (!token) return token.error();
  const auto id = request.id<DateId>("eventDateId");
  const auto status = api::query_enum<SeatStatus>(request, "status");
  if (const auto refusal = refusal_of(id, status)) return *refusal;
  if (const auto turn = check_turn(deps, *token, *id); !turn) return turn.error();
  return deps.read_model.seats(*id, *status, needs);
}

http::Route seats_route(const CatalogueDeps& deps) {
  return {.method = GET,
          .path = "/events/properties/{eventDateId}/seats",
          .id = "listSeats",
          .summary = "The seats of a date",
          .tag = "catalogue",
          .access = http::Access::place_token,
          .parameters = {kSeatStatus},
          .successes = {{.description = "The seats",
                         .schema = &json::schema<SeatsDto>,
                         .links = {{"holdSeats", "Hold the first", {}, {{"seatId", "data/seat/0/id"}}}}},
                        kNotModified},
          .refusals = turn_refusals({Code::EVENT_DATE_NOT_FOUND, Code::NO_SEAT_AVAILABLE}),
          .read = bind(deps, seats),
          .limit_class = http::LimitClass::map};
}

// 0 without ?v=.
Result<std::int64_t> query_version(const http::Request& request) {
  const auto text = request.query("v");
  if (!text) return std::int64_t{0};
  const auto version = parse_number<std::int64_t>(*text);
  if (!version || *version < 1) return invalid("v", "must be the version of a layout");
  return *version;
}

Result<PageTicket> layout(const CatalogueDeps& deps, const http::Request& request, const PageNeeds& needs) {
  const auto id = request.id<DateId>("eventDateId");
  const auto version = query_version(request);
  if (const auto refusal = refusal_of(id, version)) return *refusal;
  return deps.read_model.layout(*id, needs);
}

http::Route layout_route(const CatalogueDeps& deps) {
  return {
      .method = GET,
      .path = "/events/properties/{eventDateId}/layout",
      .id = "getLayout",
      .summary = "Where the seats of a date are, without prices and states",
      .tag = "catalogue",
      .parameters = {{.name = "v",
                      .description = "A version of the layout. If it is the present one, the answer never "
                                     "changes and caches may keep it; otherwise this is as without it",
                      .schema = &json::schema<std::int64_t>}},
      .successes = {{.description = "The layout", .schema = &json::schema<LayoutDto>}, kNotModified},
      .refusals = {Code::EVENT_DATE_NOT_FOUND},
      .read = [&deps](const http::Request& request) {
        Wanted wanted(request);
        if (const auto version = query_version(request)) wanted.version = *version;
        return find_page(deps, request, wanted, layout);
      }};
}

Result<PageTicket> availability(const CatalogueDeps& deps, const http::Request& request,
                                const PageNeeds& needs) {
  const auto token = deps.tokens.of(request);
  if (!token) return token.error();
  const auto id = request.id<DateId>("eventDateId");
  if (!id) return id.error();
  if (const auto turn = check_turn(deps, *token, *id); !turn) return turn.error();
  return deps.read_model.availability(*id, needs);
}

http::Route availability_route(const CatalogueDeps& deps) {
  return {.method = GET,
          .path = "/events/properties/{eventDateId}/availability",
          .id = "getAvailability",
          .summary = "Which seats of a date are free, one bit each in the order of its layout",
          .tag = "catalogue",
          .access = http::Access::place_token,
          .successes = {{.description = "The free seats", .schema = &json::schema<AvailabilityDto>},
                        kNotModified},
          .refusals = turn_refusals({Code::EVENT_DATE_NOT_FOUND}),
          .read = bind(deps, availability)};
}

Result<PageTicket> seats_by_day(const CatalogueDeps& deps, const http::Request& request,
                                const PageNeeds& needs) {
  const auto token = deps.tokens.of(request);
  if (!token) return token.error();
  const auto id = request.id<EventId>("eventId");
  const auto day = query_day(request);
  const auto status = api::query_enum<SeatStatus>(request, "status");
  if (const auto refusal = refusal_of(id, day, status)) return *refusal;
  if (const auto turn = deps.turns.check(*token, *id); !turn) return turn.error();
  const auto date = date_on(*deps.read_model.catalogue(), *id, *day);
  if (!date) return date.error();
  return deps.read_model.seats(*date, *status, needs);
}

http::Route seats_by_day_route(const CatalogueDeps& deps) {
  return {.method = GET,
          .path = "/events/{eventId}/seats",
          .id = "listSeatsOfDay",
          .summary = "The seats of the event's date on a day",
          .tag = "catalogue",
          .access = http::Access::place_token,
          .parameters = {{.name = "date",
                          .description = "The day of the date's startDate in the event's time zone",
                          .schema = &day_schema,
                          .required = true},
                         kSeatStatus},
          .successes = {{.description = "The seats", .schema = &json::schema<SeatsDto>}, kNotModified},
          .refusals = turn_refusals({Code::EVENT_NOT_FOUND, Code::EVENT_DATE_NOT_FOUND, Code::DATE_AMBIGUOUS,
                                     Code::NO_SEAT_AVAILABLE}),
          .read = bind(deps, seats_by_day),
          .limit_class = http::LimitClass::map};
}

Answer seat(const CatalogueDeps& deps, const http::Request& request) {
  const auto id = request.id<SeatId>("seatId");
  if (!id) return http::render_refusal(id.error());
  auto body = deps.read_model.seat(*id, deps.clock.now());
  if (!body) return http::render_refusal(body.error());
  const std::string tag = http::content_tag(*body);
  return http::with_etag(request, {.body = std::move(*body)}, tag);
}

http::Route seat_route(const CatalogueDeps& deps) {
  return {.method = GET,
          .path = "/seats/{seatId}",
          .id = "getSeat",
          .summary = "A seat with its date and event",
          .tag = "catalogue",
          .successes = {{.description = "The seat", .schema = &json::schema<SeatWithEventDto>}, kNotModified},
          .refusals = {Code::SEAT_NOT_FOUND},
          .read = [&deps](const http::Request& request) { return seat(deps, request); }};
}

}  // namespace

void add_catalogue_routes(http::Router& router, const CatalogueDeps& deps) {
  for (const auto route : {events_route, event_route, dates_route, seats_route, layout_route,
                           availability_route, seats_by_day_route, seat_route})
    router.add(route(deps));
}

}  // namespace stagedoor::catalogue
