#include "modules/catalog/http.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/describe/enum_from_string.hpp>

#include "http/problem.h"
#include "json/schema.h"

namespace stagedoor::catalog {
namespace {

Failure invalid(std::string_view path, std::string message) {
  return {.code = Code::INVALID_REQUEST,
          .message = fmt::format("{} {}", path, message),
          .details = {{.path = std::string(path), .message = std::move(message)}}};
}

// `?status=` and the like: nothing when absent.
template <class Enum>
Result<std::optional<Enum>> query_enum(const http::Request& request, std::string_view name,
                                       std::string_view values) {
  const auto text = request.query(name);
  if (!text) return std::optional<Enum>();
  Enum value{};
  if (boost::describe::enum_from_string(text->c_str(), value)) return std::optional(value);
  return invalid(name, fmt::format("must be one of {}", values));
}

constexpr std::string_view kEventStatuses = "UPCOMING, ON_SALE, SOLD_OUT, CLOSED";
constexpr std::string_view kSeatStatuses = "AVAILABLE, OCCUPIED";

// A day as people write it, "2036-02-01"; UTC.
Result<std::chrono::sys_days> query_day(const http::Request& request) {
  const auto text = request.query("date");
  if (!text) return invalid("date", "is required: YYYY-MM-DD, the UTC day of startDate");
  const auto midnight = text->size() == 10 ? parse_rfc3339(*text + "T00:00:00Z") : std::nullopt;
  if (!midnight) return invalid("date", "must be a day, YYYY-MM-DD");
  return std::chrono::floor<std::chrono::days>(*midnight);
}

// The event's one performance of that day.
Result<DateId> date_on(const Catalogue& catalogue, EventId event, std::chrono::sys_days day) {
  if (!catalogue.event(event)) {
    return Failure{.code = Code::EVENT_NOT_FOUND,
                   .message = fmt::format("There is no event {}", event.value)};
  }
  std::vector<DateId> found;
  for (const auto& [id, date] : catalogue.dates) {
    const bool is_meant = date->event == event && !date->deleted_at;
    if (is_meant && std::chrono::floor<std::chrono::days>(date->starts_at) == day) found.push_back(id);
  }
  if (found.size() == 1) return found[0];
  if (found.empty()) {
    return Failure{.code = Code::EVENT_DATE_NOT_FOUND, .message = "The event has no date on that day (UTC)"};
  }
  Failure failure{.code = Code::DATE_AMBIGUOUS,
                  .message = "There are several dates on that day; ask by the id of one"};
  for (const DateId id : found) {
    failure.details.push_back({"date", fmt::format("could be /events/properties/{}/seats", id.value)});
  }
  return failure;
}

// The place of the request is of a visit to the event that is active now.
Result<void> check_turn(const CatalogCalls& calls, const http::Request& request, EventId event) {
  const auto token = calls.tokens.of(request);
  if (!token) return token.error();
  return calls.turns.check(*token, event);
}

Result<PagePtr> events(const CatalogCalls& calls, const http::Request& request) {
  const auto status = query_enum<EventStatus>(request, "status", kEventStatuses);
  if (!status) return status.error();
  return calls.shelf.events(*status, calls.clock.now());
}

Result<PagePtr> event(const CatalogCalls& calls, const http::Request& request) {
  const auto id = request.id<EventId>("eventId");
  if (!id) return id.error();
  return calls.shelf.event(*id, calls.clock.now());
}

Result<PagePtr> dates(const CatalogCalls& calls, const http::Request& request) {
  const auto id = request.id<EventId>("eventId");
  if (!id) return id.error();
  if (const auto turn = check_turn(calls, request, *id); !turn) return turn.error();
  const auto include = request.query("include");
  if (include && *include != "all") return invalid("include", "must be all, or left out");
  return calls.shelf.dates(*id, include ? DatesWanted::all : DatesWanted::bookable, calls.clock.now());
}

Result<PagePtr> seats(const CatalogCalls& calls, const http::Request& request) {
  const auto id = request.id<DateId>("eventDateId");
  if (!id) return id.error();
  const auto token = calls.tokens.of(request);
  if (!token) return token.error();
  // An unknown date has no event whose turn could be checked.
  if (const auto event = calls.shelf.event_of(*id)) {
    if (const auto turn = calls.turns.check(*token, *event); !turn) return turn.error();
  }
  const auto status = query_enum<SeatStatus>(request, "status", kSeatStatuses);
  if (!status) return status.error();
  return calls.shelf.seats(*id, *status);
}

Result<PagePtr> seats_by_day(const CatalogCalls& calls, const http::Request& request) {
  const auto id = request.id<EventId>("eventId");
  if (!id) return id.error();
  if (const auto turn = check_turn(calls, request, *id); !turn) return turn.error();
  const auto day = query_day(request);
  const auto status = query_enum<SeatStatus>(request, "status", kSeatStatuses);
  if (const auto refusal = refusal_of(day, status)) return *refusal;
  const auto date = date_on(*calls.shelf.catalogue(), *id, *day);
  if (!date) return date.error();
  return calls.shelf.seats(*date, *status);
}

bool accepts_gzip(std::string_view accepted) {
  while (!accepted.empty()) {
    std::string_view one = accepted.substr(0, accepted.find(','));
    accepted.remove_prefix(std::min(one.size() + 1, accepted.size()));
    one.remove_prefix(std::min(one.find_first_not_of(" \t"), one.size()));
    const std::string_view name = one.substr(0, one.find_first_of("; \t"));
    const std::size_t weight = one.find("q=");
    const bool is_refused = weight != one.npos && one.find_first_of("123456789", weight) == one.npos;
    if (name == "gzip") return !is_refused;
  }
  return false;
}

http::Read bind(const CatalogCalls& calls,
                Result<PagePtr> (*find)(const CatalogCalls&, const http::Request&)) {
  return [&calls, find](const http::Request& request) {
    const auto page = find(calls, request);
    return page ? answer_with(request, **page) : http::problem(page.error());
  };
}

}  // namespace

Answer answer_with(const http::Request& request, const Page& page) {
  const bool zipped = accepts_gzip(request.header("Accept-Encoding"));
  const Page::Form& form = zipped ? page.gzip() : page.plain();
  Answer answer;
  answer.headers = form.headers;
  const std::string_view known = request.header("If-None-Match");
  if (!known.empty() &&
      (http::etag_matches(known, form.tag) || http::etag_matches(known, page.plain().tag))) {
    answer.status = 304;
  } else {
    answer.shared = form.body;
  }
  return answer;
}

void add_catalog_routes(http::Router& router, const CatalogCalls& calls) {
  const std::string unchanged = "Not changed since the ETag given";
  const http::Success not_modified{.status = 304, .description = unchanged};
  const std::vector<Code> turn = {Code::TOKEN_NOT_FOUND, Code::TOKEN_EXPIRED, Code::WRONG_TOKEN_TURN,
                                  Code::WRONG_TOKEN_EVENT};
  const auto with = [](std::vector<Code> codes, std::initializer_list<Code> more) {
    codes.insert(codes.end(), more);
    return codes;
  };
  const http::Parameter seat_status{
      .name = "status", .description = "Only seats of this status", .schema = &json::schema<SeatStatus>};
  router.add({.method = http::Method::GET,
              .path = "/events",
              .summary = "All events",
              .tag = "catalogue",
              .parameters = {{.name = "status",
                              .description = "Only events of this status",
                              .schema = &json::schema<EventStatus>}},
              .successes = {{.description = "The events", .schema = &json::schema<std::vector<EventDto>>},
                            not_modified},
              .read = bind(calls, events)});
  router.add(
      {.method = http::Method::GET,
       .path = "/events/{eventId}",
       .summary = "An event and its dates",
       .tag = "catalogue",
       .successes = {{.description = "The event", .schema = &json::schema<EventWithDatesDto>}, not_modified},
       .refusals = {Code::EVENT_NOT_FOUND},
       .read = bind(calls, event)});
  router.add({.method = http::Method::GET,
              .path = "/events/{eventId}/dates",
              .summary = "The dates of an event that can be booked now",
              .tag = "catalogue",
              .parameters = {{.name = "include", .description = "all: every date, each with `bookable`"}},
              .successes = {{.description = "The dates", .schema = &json::schema<std::vector<EventDateDto>>},
                            not_modified},
              .refusals = with(turn, {Code::EVENT_NOT_FOUND}),
              .read = bind(calls, dates)});
  router.add({.method = http::Method::GET,
              .path = "/events/properties/{eventDateId}/seats",
              .summary = "The seats of a date",
              .tag = "catalogue",
              .parameters = {seat_status},
              .successes = {{.description = "The seats", .schema = &json::schema<SeatsDto>}, not_modified},
              .refusals = with(turn, {Code::EVENT_DATE_NOT_FOUND, Code::NO_SEAT_AVAILABLE}),
              .read = bind(calls, seats)});
  router.add({.method = http::Method::GET,
              .path = "/events/{eventId}/seats",
              .summary = "The seats of the event's date on a day",
              .tag = "catalogue",
              .parameters = {{.name = "date",
                              .description = "YYYY-MM-DD, the UTC day of the date's startDate",
                              .required = true},
                             seat_status},
              .successes = {{.description = "The seats", .schema = &json::schema<SeatsDto>}, not_modified},
              .refusals = with(turn, {Code::EVENT_NOT_FOUND, Code::EVENT_DATE_NOT_FOUND, Code::DATE_AMBIGUOUS,
                                      Code::NO_SEAT_AVAILABLE}),
              .read = bind(calls, seats_by_day)});
}

}  // namespace stagedoor::catalog
