// R-Q1, R-Q2: joining the queue and polling the place. (Leaving is in the reservation module, because it
// cancels holds.)
#pragma once

#include <optional>

#include "engine/lane.h"
#include "http/router.h"
#include "json/types.h"
#include "modules/identity/identity.h"
#include "modules/queue/joins_elsewhere.h"
#include "modules/queue/rooms.h"
#include "modules/queue/stock.h"

namespace stagedoor::queue {

struct PausedDto {
  TimePoint since{};
  std::string text;
};
BOOST_DESCRIBE_STRUCT(PausedDto, (), (since, text))

struct QueuePlace {
  EventId eventId;
  UserId userId;
  std::string token;
  QueueStatus status = QueueStatus::CREATED;
  std::optional<std::int64_t> position = {};
  std::optional<std::int64_t> estimatedWaitSeconds = {};
  std::optional<std::int64_t> estimatedWaitLow = {};
  std::optional<std::int64_t> estimatedWaitHigh = {};
  std::int64_t pollAfterMs = 0;
  TimePoint issuedAt{};
  std::optional<TimePoint> activatedAt;
  std::optional<TimePoint> expiresAt;
  std::optional<EndReason> reason = {};     // why it is EXPIRED
  std::optional<std::int64_t> behind = {};  // people who wait behind
  std::int64_t admittedLastMinute = 0;
  std::optional<PausedDto> paused = {};  // while waiting in a paused room
  bool soldOut = false;
  json::Omitted<json::Rendered<Stock>> stock = {};  // while waiting
};
BOOST_DESCRIBE_STRUCT(QueuePlace, (),
                      (eventId, userId, token, status, position, estimatedWaitSeconds, estimatedWaitLow,
                       estimatedWaitHigh, pollAfterMs, issuedAt, activatedAt, expiresAt, reason, behind,
                       admittedLastMinute, paused, soldOut, stock))

QueuePlace to_dto(const protocol::TokenClaims& claims, std::string_view token, const FanView& fan,
                  const std::optional<StockUpdate>& stock = std::nullopt);
// A number that changes with the pause and its text; 0: the room is not paused.
std::uint64_t pause_tag(const std::optional<Pause>& paused);
// A tag of the whole state that the fan sees, except for the time of the next poll.
std::string status_tag(const protocol::TokenClaims& claims, const FanView& fan,
                       const std::optional<StockUpdate>& stock = std::nullopt);

struct QueueDeps {
  Lane& lane;
  Rooms& rooms;
  const identity::Identity& identity;
  const identity::PlaceTokens& tokens;
  const Clock& clock;
  std::function<std::shared_ptr<const Catalogue>()> catalogue;
  EventId default_event;  // 0 = none
  StockOf stock;
  http::ClientLimits* limits = nullptr;  // null: nobody is limited
  JoinsElsewhere* joins = nullptr;       // null: the booking store has the line
};
// POLL_TOO_SOON.
Refusal polls_too_soon(Millis wait);
// `deps` must outlive the router.
void add_queue_routes(http::Router& router, const QueueDeps& deps);

}  // namespace stagedoor::queue
