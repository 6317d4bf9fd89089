#include "modules/queue/turn.h"

#include <fmt/format.h>

#include "core/refusals.h"

namespace stagedoor::queue {

Result<void> Turns::check(const PlaceRef& place, EventId event) const {
  if (place.event != event) return wrong_event();
  const auto fan = rooms_.look(place);
  if (!fan) return unknown_token();
  if (fan->standing.status == QueueStatus::ACTIVATED) return {};
  return explain(not_your_turn(), place);
}

Refusal Turns::explain(Refusal refusal, const PlaceRef& place) const {
  if (refusal.code != Code::WRONG_TOKEN_TURN) return refusal;
  const auto fan = rooms_.look(place);
  if (!fan) return unknown_token();
  if (fan->standing.status == QueueStatus::EXPIRED) {
    return visit_is_over();
  }
  const auto position = fan->standing.position;
  refusal.extra = {{"position", position ? fmt::to_string(*position) : "null"},
                   {"pollAfterMs", fmt::to_string(fan->poll_after.count())}};
  return refusal;
}

}  // namespace stagedoor::queue
