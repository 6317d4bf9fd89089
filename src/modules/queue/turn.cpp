#include "modules/queue/turn.h"

#include <fmt/format.h>

namespace stagedoor {

Result<void> Turns::check(const PlaceRef& place, EventId event) const {
  if (place.event != event)
    return Failure{Code::WRONG_TOKEN_EVENT, "This token is for another event.", {}, {}, {}};
  const auto fan = rooms_.look(place);
  if (!fan) return Failure{Code::TOKEN_NOT_FOUND, "This token is not known here.", {}, {}, {}};
  if (fan->standing.status == QueueStatus::ACTIVATED) return {};
  return explain({Code::WRONG_TOKEN_TURN, "It is not your turn yet.", {}, {}, {}}, place);
}

Failure Turns::explain(Failure failure, const PlaceRef& place) const {
  if (failure.code != Code::WRONG_TOKEN_TURN) return failure;
  const auto fan = rooms_.look(place);
  if (!fan) return {Code::TOKEN_NOT_FOUND, "This token is not known here.", {}, {}, {}};
  if (fan->standing.status == QueueStatus::EXPIRED) {
    return {Code::TOKEN_EXPIRED, "This visit is over. Join the queue again.", {}, {}, {}};
  }
  const auto position = fan->standing.position;
  failure.extra = {{"position", position ? fmt::to_string(*position) : "null"},
                   {"pollAfterMs", fmt::to_string(fan->poll_after.count())}};
  return failure;
}

}  // namespace stagedoor
