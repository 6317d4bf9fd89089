#include "modules/queue/http.h"

#include <charconv>
#include <concepts>

#include "json/read.h"
#include "json/schema.h"
#include "json/write.h"
#include "modules/call.h"

namespace stagedoor {

struct JoinBody {
  UserId userId;
  std::optional<EventId> eventId;
};
BOOST_DESCRIBE_STRUCT(JoinBody, (), (userId, eventId))

namespace {

constexpr std::string_view kBearer = "Bearer ";

TokenClaims claims_of(const LinePlace& place) {
  return {{place.event, place.place, place.user}, place.joined_at};
}

Answer told(int status, const QueueCalls& calls, const TokenClaims& claims) {
  const auto fan = calls.rooms.watch(claims);
  if (!fan) return http::problem({Code::TOKEN_NOT_FOUND, "This place is not known here.", {}, {}, {}});
  return http::ok(status, to_dto(claims, calls.tokens.sign(claims), *fan, calls.stock(claims.event)));
}

// Each number in hexadecimal digits and a `-`: for every poll, where fmt would take longer than all the rest.
void append_parts(std::string& tag, std::integral auto... numbers) {
  const auto append = [&](auto number) {
    char digits[20];
    tag.append(digits, std::to_chars(digits, digits + sizeof digits, number, 16).ptr) += '-';
  };
  (append(numbers), ...);
}

// The event meant by a join that names none (R-Q8).
Result<EventId> implied_event(const QueueCalls& calls) {
  if (calls.default_event) return calls.default_event;
  EventId only;
  const TimePoint now = calls.clock.now();
  for (const auto& [id, event] : calls.catalogue()->events) {
    if (!event->is_on_sale(now)) continue;
    if (only) only = EventId{-1};
    else only = id;
  }
  if (only.value > 0) return only;
  return Failure{Code::EVENT_ID_REQUIRED,
                 only ? "Several events are on sale." : "No event is on sale.",
                 {{"eventId", "say which event you mean"}},
                 {},
                 {}};
}

void join(const QueueCalls& calls, const http::Request& request, http::Reply reply) {
  const auto body = json::read<JoinBody>(request.body);
  if (!body) return reply(http::problem(body.error()));
  const auto caller = calls.identity.joining(request, body->userId);
  if (!caller) return reply(http::problem(caller.error()));
  const auto event = body->eventId ? Result<EventId>(*body->eventId) : implied_event(calls);
  if (!event) return reply(http::problem(event.error()));
  // With several instances the place may have ended elsewhere meanwhile, so the lane decides.
  const auto place = calls.rooms.place_of(*event, caller->user, calls.clock.now());
  if (place && !calls.lane.has_others()) return reply(told(200, calls, claims_of(*place)));
  const Join order{*event, caller->user};
  const auto joined = std::make_shared<LinePlace>();
  submit(
      calls.lane, LaneClass::join, {},
      [order](const View& view, Keys& wanted) { join_keys(order, view, wanted); },
      [order, joined, &rooms = calls.rooms](const View& view, Moment& moment) {
        const auto current = rooms.place_of(order.event, order.user, moment.now);
        return answered(decide_join(order, view, moment.now, current, rooms.last_place(order.event)),
                        [&](const Joined& outcome) {
                          *joined = outcome.place;
                          return Answer{.status = outcome.is_new ? 201 : 200};
                        });
      },
      [joined, &calls, reply = std::move(reply)](Answer answer) mutable {  // when the room knows the place
        reply(answer.refusal ? std::move(answer) : told(answer.status, calls, claims_of(*joined)));
      });
}

void poll(const QueueCalls& calls, const http::Request& request, http::Reply reply) {
  const auto claims = calls.tokens.of(request);
  if (!claims) return reply(http::problem(claims.error()));
  const auto [fan, too_soon_by] = calls.rooms.poll(*claims);
  if (too_soon_by > Millis(0)) {
    return reply(http::problem({Code::POLL_TOO_SOON,
                                "You ask more often than you were told to. Your place is kept.",
                                {},
                                {{"pollAfterMs", std::to_string(too_soon_by.count())}},
                                {{"Retry-After", std::to_string((too_soon_by.count() + 999) / 1000)}}}));
  }
  if (!fan) return reply(http::problem({Code::TOKEN_NOT_FOUND, "This token is not known here.", {}, {}, {}}));
  const auto stock = calls.stock(claims->event);
  std::string tag = news_of(*claims, *fan, stock);
  tag += '-';
  append_parts(tag, fan->poll_after.count());
  tag.pop_back();
  Answer answer = http::ok(200, to_dto(*claims, presented_token(request), *fan, stock));
  reply(http::with_etag(request, std::move(answer), tag));
}

}  // namespace

QueuePlace to_dto(const TokenClaims& claims, std::string_view token, const FanView& fan,
                  const std::optional<StockNews>& stock) {
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
                   .expiresAt = standing.expires_at};
  if (standing.position) place.position = *standing.position;
  if (stock && standing.status == QueueStatus::CREATED) {
    place.soldOut = stock->sold_out;
    place.stock = stock->stock;
  }
  place.token.reserve(kBearer.size() + token.size());
  place.token.append(kBearer).append(token);
  return place;
}

std::string news_of(const TokenClaims& claims, const FanView& fan, const std::optional<StockNews>& stock) {
  const Standing& standing = fan.standing;
  const bool waits = standing.status == QueueStatus::CREATED;
  std::string tag;
  tag.reserve(128);
  append_parts(tag, claims.event.value, claims.place, int(standing.status), standing.position.value_or(~0U),
               fan.estimate.seconds.value_or(-1), fan.estimate.low.value_or(-1),
               fan.estimate.high.value_or(-1), to_ms(standing.expires_at.value_or(TimePoint{})),
               waits && stock ? stock->sum : 0);
  tag += waits && stock && stock->sold_out ? '1' : '0';
  return tag;
}

StockNews news_of(const Stock& stock, bool sold_out) {
  StockNews news{sold_out, {std::make_shared<const std::string>(json::to_text(stock))}};
  for (const auto& category : stock.categories)
    news.sum = news.sum * 1'000'003 + std::uint64_t(category.seatsLeft) + 1;
  return news;
}

void add_queue_routes(http::Router& router, const QueueCalls& calls) {
  router.add({.method = http::Method::POST,
              .path = "/queue",
              .summary = "Take a place in an event's waiting room, or find the one you have",
              .tag = "queue",
              .body = &json::schema<JoinBody>,
              .successes =
                  {{.status = 201, .description = "A new place", .schema = &json::schema<QueuePlace>},
                   {.status = 200, .description = "The place you have", .schema = &json::schema<QueuePlace>}},
              .refusals = {Code::EVENT_ID_REQUIRED, Code::EVENT_NOT_FOUND, Code::EVENT_NOT_ON_SALE,
                           Code::STORE_UNAVAILABLE},
              .handler = [&calls](const http::Request& request, http::Reply reply) {
                join(calls, request, std::move(reply));
              }});
  router.add({.method = http::Method::GET,
              .path = "/queue",
              .summary = "Where you stand now",
              .tag = "queue",
              .successes = {{.status = 200, .description = "Your place", .schema = &json::schema<QueuePlace>},
                            {.status = 304, .description = "Nothing has changed", .schema = nullptr}},
              .refusals = {Code::TOKEN_NOT_FOUND, Code::TOKEN_EXPIRED, Code::POLL_TOO_SOON},
              .handler = [&calls](const http::Request& request, http::Reply reply) {
                poll(calls, request, std::move(reply));
              }});
}

}  // namespace stagedoor
