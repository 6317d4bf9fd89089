#include "modules/queue/http.h"

#include <charconv>
#include <concepts>
#include <functional>

#include "api/bind.h"
#include "api/call.h"
#include "core/refusals.h"
#include "json/read.h"
#include "json/schema.h"
#include "json/write.h"
#include "modules/identity/who_asks.h"
#include "modules/queue/model.h"

namespace stagedoor::queue {

struct JoinBody {
  json::Omitted<UserId> userId;  // in mode `token` required
  std::optional<EventId> eventId;
};
BOOST_DESCRIBE_STRUCT(JoinBody, (), (userId, eventId))

namespace {

constexpr std::string_view kBearer = "Bearer ";

protocol::TokenClaims claims_of(const LinePlace& place) {
  return {{place.event, place.place, place.user}, place.joined_at};
}

Result<Answer> told(int status, const QueueDeps& deps, const protocol::TokenClaims& place) {
  const protocol::TokenClaims claims = deps.tokens.renewed(place);
  const auto fan = deps.rooms.watch(claims);
  if (!fan) return unknown_token();
  return http::ok(status, to_dto(claims, deps.tokens.sign(claims), *fan, deps.stock(claims.event)));
}

// Each number in hexadecimal digits and a `-`: used by every poll, where fmt would take longer than all other
// work.
void append_parts(std::string& tag, std::integral auto... numbers) {
  const auto append = [&](auto number) {
    char digits[20];
    tag.append(digits, std::to_chars(digits, digits + sizeof digits, number, 16).ptr) += '-';
  };
  (append(numbers), ...);
}

// The event of a join without an event id (R-Q8).
Result<EventId> implied_event(const QueueDeps& deps) {
  if (deps.default_event) return deps.default_event;
  EventId only;
  const TimePoint now = deps.clock.now();
  for (const auto& [id, event] : deps.catalogue()->events) {
    if (!event->is_on_sale(now)) continue;
    if (only) only = EventId{-1};
    else only = id;
  }
  if (only.value > 0) return only;
  return Refusal{.code = Code::EVENT_ID_REQUIRED,
                 .message = only ? "Several events are on sale." : "No event is on sale.",
                 .details = {{"eventId", "name the event"}}};
}

Result<Join> read_join(const QueueDeps& deps, const http::Request& request) {
  const auto proven = deps.identity.joining(request);
  if (!proven) return proven.error();
  const auto body = api::read_body<JoinBody>(request, deps.identity.name_check());
  if (!body) return body.error();
  const UserId user = *proven ? **proven : *body->userId;
  if (auto refusal = deps.identity.refuse_user(body->userId, user)) return std::move(*refusal);
  const auto event = body->eventId ? Result<EventId>(*body->eventId) : implied_event(deps);
  if (!event) return event.error();
  Join order{*event, user};
  if (deps.limits && !request.client.is_exempt) {
    order.places_per_hour = deps.limits->settings().places_per_hour;
    const bool has_place = deps.rooms.place_of(order.event, order.user, deps.clock.now()).has_value();
    if (!has_place) {  // otherwise it counts as a poll
      if (auto limited = deps.limits->check_join(request.client, order.user)) return std::move(*limited);
    }
  }
  return order;
}

// A user who has no place and would get one now is appended to the log; the place follows with a mark.
void join_elsewhere(const QueueDeps& deps, const Join& order, const std::optional<LinePlace>& place,
                    http::Reply reply) {
  const TimePoint now = deps.clock.now();
  View known;
  known.catalogue = deps.catalogue();
  known.draws.put(order.event, deps.rooms.draw(order.event));
  const auto recent =
      order.places_per_hour > 0
          ? deps.rooms.places_since(order.event, order.user, now - kRecent, order.places_per_hour)
          : RecentPlaces{};
  const auto answer = [&deps](const Result<Joined>& joined) {
    if (!joined) {
      if (joined.error().code == Code::RATE_LIMITED && deps.limits) deps.limits->count_too_many_places();
      return http::render_refusal(joined.error());
    }
    return http::answer_of(told(joined->is_new ? 201 : 200, deps, claims_of(joined->place)));
  };
  const auto expected =
      place_of_join(order, known, now, nullptr, place, deps.rooms.last_place(order.event), recent);
  if (!expected || !expected->is_new) return reply(answer(expected));
  deps.joins->join(order, [answer, reply = std::move(reply)](const Result<Joined>& joined) mutable {
    reply(answer(joined));
  });
}

void join_after_sync(const QueueDeps& deps, const Join& order, http::Reply reply) {
  api::answer_after_sync(deps.lane, std::move(reply), [&deps, order](http::Reply answer) {
    const auto place = deps.rooms.place_of(order.event, order.user, deps.clock.now());
    join_elsewhere(deps, order, place, std::move(answer));
  });
}

void join(const QueueDeps& deps, const Join& order, http::Reply reply) {
  // With several instances the place may have ended on another one: the lane decides, or a sync shows it.
  const auto place = deps.rooms.place_of(order.event, order.user, deps.clock.now());
  if (place) {
    const Millis too_soon_by = deps.rooms.ask_again(claims_of(*place));
    if (too_soon_by > Millis(0)) return reply(http::render_refusal(polls_too_soon(too_soon_by)));
  }
  if (place && !deps.lane.has_others()) return reply(http::answer_of(told(200, deps, claims_of(*place))));
  if (deps.joins && place) return join_after_sync(deps, order, std::move(reply));
  if (deps.joins) return join_elsewhere(deps, order, std::nullopt, std::move(reply));
  const auto joined = std::make_shared<LinePlace>();
  api::submit(
      deps.lane, LaneClass::join, {},
      [order](const View& view, Keys& wanted) { join_keys(order, view, wanted); },
      [order, joined, &rooms = deps.rooms](const View& view, BatchContext& context) {
        const auto current = rooms.place_of(order.event, order.user, context.now);
        const auto recent =
            order.places_per_hour > 0
                ? rooms.places_since(order.event, order.user, context.now - kRecent, order.places_per_hour)
                : RecentPlaces{};
        return api::answered(
            decide_join(order, view, context.now, current, rooms.last_place(order.event), recent),
            [&](const Joined& outcome) {
              *joined = outcome.place;
              return Answer{.status = outcome.is_new ? 201 : 200};
            });
      },
      [joined, &deps, reply = std::move(reply)](Answer answer) mutable {  // after the room has the place
        if (answer.refusal == Code::RATE_LIMITED && deps.limits) deps.limits->count_too_many_places();
        if (!answer.refusal) answer = http::answer_of(told(answer.status, deps, claims_of(*joined)));
        reply(std::move(answer));
      });
}

const std::vector<http::Link> kAfterJoin = {
    {"getPlace", "Ask with the token when it is the turn of the place", {}, {}}};
const std::vector<http::Link> kInside = {
    {"listDates", "Once ACTIVATED: the dates", {{"eventId", "data/eventId"}}, {}},
    {"holdSeats", "Once ACTIVATED: hold a seat", {}, {{"userId", "data/userId"}}},
    {"leaveQueue", "Give the place up", {}, {}}};

http::Route join_route(const QueueDeps& deps) {
  return {.method = http::Method::POST,
          .path = "/queue",
          .id = "joinQueue",
          .summary = "Take a place in an event's waiting room, or return the existing one",
          .tag = "queue",
          .body = &json::schema<JoinBody>,
          .examples = {{"join", R"({"userId":"11111111-2222-4333-8444-555555555555","eventId":1})"}},
          .successes = {{.status = 201,
                         .description = "A new place",
                         .schema = &json::schema<QueuePlace>,
                         .links = kAfterJoin},
                        {.status = 200,
                         .description = "The existing place",
                         .schema = &json::schema<QueuePlace>,
                         .links = kAfterJoin}},
          .refusals = {Code::EVENT_ID_REQUIRED, Code::EVENT_NOT_FOUND, Code::EVENT_NOT_ON_SALE,
                       Code::POLL_TOO_SOON, Code::OUTCOME_UNKNOWN},
          .handler = api::bind(deps, join, identity::by<http::Access::claimed_user>(read_join)),
          .limit_class = http::LimitClass::join};
}

Result<Answer> poll(const QueueDeps& deps, const http::Request& request) {
  const auto claims = deps.tokens.place_of(request);
  if (!claims) return claims.error();
  const auto [fan, too_soon_by] = deps.rooms.poll(*claims);
  if (too_soon_by > Millis(0)) return polls_too_soon(too_soon_by);
  if (!fan) return unknown_token();
  const auto stock = deps.stock(claims->event);
  std::string tag = status_tag(*claims, *fan, stock);
  tag += '-';
  append_parts(tag, fan->poll_after.count());
  tag.pop_back();
  Answer answer = http::ok(200, to_dto(*claims, deps.tokens.presented(request), *fan, stock));
  return http::with_etag(request, std::move(answer), tag);
}

http::Route poll_route(const QueueDeps& deps) {
  return {.method = http::Method::GET,
          .path = "/queue",
          .id = "getPlace",
          .summary = "The caller's place now",
          .tag = "queue",
          .access = http::Access::place_token,
          .successes = {{.status = 200,
                         .description = "Your place",
                         .schema = &json::schema<QueuePlace>,
                         .links = kInside},
                        {.status = 304, .description = "Nothing has changed", .schema = nullptr}},
          .refusals = {Code::POLL_TOO_SOON},
          .read = api::bind_read(deps, poll),
          .limit_class = http::LimitClass::poll};
}

}  // namespace

Refusal polls_too_soon(Millis wait) {
  return {.code = Code::POLL_TOO_SOON,
          .message = "You poll more often than pollAfterMs allows. You keep your place.",
          .extra = {{"pollAfterMs", std::to_string(wait.count())}},
          .headers = {{"Retry-After", std::to_string((wait.count() + 999) / 1000)}}};
}

QueuePlace to_dto(const protocol::TokenClaims& claims, std::string_view token, const FanView& fan,
                  const std::optional<StockUpdate>& stock) {
  const Standing& standing = fan.standing;
  QueuePlace place{.eventId = claims.event,
                   .userId = claims.user,
                   .token = {},
                   .status = standing.status,
                   .estimatedWaitSeconds = fan.estimate.seconds,
                   .estimatedWaitLow = fan.estimate.low,
                   .estimatedWaitHigh = fan.estimate.high,
                   .pollAfterMs = fan.poll_after.count(),
                   .issuedAt = claims.issued_at,
                   .activatedAt = standing.activated_at,
                   .expiresAt = standing.expires_at,
                   .reason = standing.reason,
                   .admittedLastMinute = fan.admitted_last_minute};
  if (standing.position) place.position = *standing.position;
  if (standing.behind) place.behind = *standing.behind;
  if (fan.paused) place.paused = PausedDto{fan.paused->since, fan.paused->text};
  if (stock) place.soldOut = stock->sold_out;
  if (stock && standing.status == QueueStatus::CREATED) place.stock = stock->stock;
  place.token.reserve(kBearer.size() + token.size());
  place.token.append(kBearer).append(token);
  return place;
}

std::uint64_t pause_tag(const std::optional<Pause>& paused) {
  if (!paused) return 0;
  return std::hash<std::string>()(paused->text) + std::uint64_t(to_ms(paused->since)) + 1;
}

// Who is inside is not told again because others are admitted.
std::string status_tag(const protocol::TokenClaims& claims, const FanView& fan,
                       const std::optional<StockUpdate>& stock) {
  const Standing& standing = fan.standing;
  const bool waits = standing.status == QueueStatus::CREATED;
  std::string tag;
  tag.reserve(192);
  append_parts(tag, claims.event.value, claims.place, int(standing.status), standing.position.value_or(~0U),
               fan.estimate.seconds.value_or(-1), fan.estimate.low.value_or(-1),
               fan.estimate.high.value_or(-1), to_ms(standing.expires_at.value_or(TimePoint{})),
               standing.reason ? int(*standing.reason) : -1, standing.behind.value_or(~0U),
               waits ? fan.admitted_last_minute : 0, pause_tag(fan.paused), waits && stock ? stock->sum : 0);
  tag += stock && stock->sold_out ? '1' : '0';
  return tag;
}

void add_queue_routes(http::Router& router, const QueueDeps& deps) {
  router.add(join_route(deps));
  router.add(poll_route(deps));
}

}  // namespace stagedoor::queue
