// R-S13: holding the best seats.
#include <fmt/format.h>

#include "api/bind.h"
#include "api/call.h"
#include "json/read.h"
#include "json/schema.h"
#include "json/types.h"
#include "modules/identity/who_asks.h"
#include "modules/reservation/hold_best.h"
#include "modules/reservation/http.h"

namespace stagedoor::reservation {

struct HoldBestBody {
  static constexpr std::int64_t kCountMax = 100;
  static constexpr std::size_t kNameMax = 200;  // bytes, as in the catalogue file

  DateId eventDateId;
  std::optional<std::string> category;
  std::int64_t count = 0;
  json::Omitted<UserId> userId;  // in mode `token` required

  static void refine(boost::json::object& properties) {
    auto& seats = properties["count"].as_object();
    seats["minimum"] = 1;
    seats["maximum"] = kCountMax;
  }
};
BOOST_DESCRIBE_STRUCT(HoldBestBody, (), (eventDateId, category, count, userId))

void check(const HoldBestBody& body, json::FieldErrors& errors) {
  if (body.count < 1 || body.count > HoldBestBody::kCountMax)
    errors.add("count", fmt::format("must be from 1 to {}", HoldBestBody::kCountMax));
  if (body.category && body.category->size() > HoldBestBody::kNameMax)
    errors.add("category", fmt::format("must be at most {} bytes", HoldBestBody::kNameMax));
}

namespace {

// The rows of one order, for the lane.
struct BestKeys {
  HoldBest order;
  BestSeats& best_seats;

  void operator()(const View& view, Keys& wanted) const { hold_best_keys(order, view, wanted); }
  void late(const View& view, TimePoint now, Keys& wanted) const {
    hold_best_late_keys(order, view, now, best_seats, wanted);
  }
};

void hold_best(const ReservationDeps& deps, const PlaceRef& fan, HoldBestBody body, Idempotency idempotency,
               http::Reply reply) {
  if (const auto refusal = deps.identity.refuse_user(body.userId, fan.user))
    return reply(http::render_refusal(*refusal));
  const HoldBest order{fan, body.eventDateId, std::move(body.category), std::size_t(body.count)};
  api::submit(
      deps.lane, LaneClass::hold, std::move(idempotency), BestKeys{order, deps.best_seats},
      [order, &deps](const View& view, BatchContext& context) {
        auto decision = decide_hold_best(order, view, context, deps.best_seats);
        if (auto* refusal = std::get_if<Refusal>(&decision.result))
          *refusal = deps.turns.explain(*refusal, order.fan);
        return api::answered(std::move(decision), [&](const Held& held) {
          return http::ok(201, to_dto(held.reservations, *view.catalogue, context.now));
        });
      },
      std::move(reply));
}

auto best_body(const ReservationDeps& deps) {
  return [&deps](const api::Source& from) {
    return api::read_body<HoldBestBody>(from.request, deps.identity.name_check());
  };
}

}  // namespace

http::Route hold_best_route(const ReservationDeps& deps) {
  return {.method = http::Method::POST,
          .path = "/events/seats/best",
          .id = "holdBestSeats",
          .summary = "Hold the best free seats side by side",
          .tag = "reservations",
          .body = &json::schema<HoldBestBody>,
          .examples = {{"two seats of a category", R"({"eventDateId":1,"category":"VIP","count":2,)"
                                                   R"("userId":"11111111-2222-4333-8444-555555555555"})"},
                       {"four seats of any",
                        R"({"eventDateId":1,"count":4,"userId":"11111111-2222-4333-8444-555555555555"})"}},
          .successes = {{.status = 201, .description = "Held now", .schema = &json::schema<ReservationsDto>}},
          .refusals = {Code::WRONG_TOKEN_TURN, Code::WRONG_TOKEN_EVENT, Code::EVENT_DATE_NOT_FOUND,
                       Code::EVENT_NOT_ON_SALE, Code::BOOKING_CLOSED, Code::SEAT_LIMIT_EXCEEDED,
                       Code::NO_SEATS_TOGETHER},
          .handler = api::bind(deps, hold_best, identity::by_place, best_body(deps), api::with_idempotency)};
}

}  // namespace stagedoor::reservation
