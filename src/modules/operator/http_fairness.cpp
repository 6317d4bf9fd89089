// Whether the room of an event was fair (R-Q17, R-U8), judged from the store.
#include "core/log.h"
#include "json/schema.h"
#include "modules/identity/operator_limit.h"
#include "modules/operator/fairness_document.h"
#include "modules/operator/http_common.h"

namespace stagedoor::operators {
namespace {

Answer judge(const OperatorDeps& deps, EventId id) {
  try {
    const auto room = deps.read_room(id);
    if (!room) return http::render_refusal(unknown_event(id));
    return http::ok(200, fairness_document(*room, queue::judge_fairness(room->rows, room->event.queue)));
  } catch (const std::exception& outage) {
    log(LogLevel::error, "fairness was not judged", {{"error.message", outage.what()}});
    return http::render_refusal(store_unavailable());
  }
}

}  // namespace

// Reading a large room takes seconds and memory: by one thread, behind all others, one room at a time.
void add_fairness_route(http::Router& router, const OperatorDeps& deps) {
  const auto limit = std::make_shared<identity::OperatorLimit>(
      identity::OperatorLimit::Rule{.at_once = 1, .apart = std::chrono::seconds(10)});
  const auto show = [limit](const OperatorDeps& of, const identity::Operator& who, EventId id,
                            http::Reply reply) {
    if (!of.read_model.catalogue()->event(id)) return reply(http::render_refusal(unknown_event(id)));
    if (!of.read_room) return reply(http::render_refusal(store_unavailable()));
    auto counted = limit->begin(who.name, identity::OperatorLimit::SteadyClock::now());
    if (!counted) return reply(http::render_refusal(counted.error()));
    absl::AnyInvocable<void()> job = [&of, id, counted = std::move(*counted),
                                      reply = std::move(reply)]() mutable {
      Answer answer = judge(of, id);
      counted.reset();  // before the client has the answer and may ask again
      reply(std::move(answer));
    };
    if (of.run_aside) of.run_aside(std::move(job));
    else job();
  };
  router.add(operator_route(
      {.method = http::Method::GET,
       .path = "/admin/events/{id}/fairness",
       .id = "adminGetFairness",
       .summary = "Whether the room of an event was fair, judged from the store; once in 10 s",
       .successes = {{.description =
                          "What came of all who joined, how long they waited, who was overtaken, each limit "
                          "that was exceeded, and the operators' actions on the event",
                      .schema = &json::schema<FairnessDto>}},
       .refusals = {Code::EVENT_NOT_FOUND},
       .handler =
           api::bind(deps, show, identity::by_operator("adminGetFairness"), api::with_id<EventId>("id"))}));
}

}  // namespace stagedoor::operators
