// The operators' call on service time: the wall clock, which was set, is right (R-A7).
#include "json/read.h"
#include "json/schema.h"
#include "json/write.h"
#include "modules/operator/http_common.h"
#include "modules/operator/model.h"

namespace stagedoor::operators {

struct ClockBody {
  bool accept = false;

  static void refine(boost::json::object& properties) { properties["accept"].as_object()["const"] = true; }
};
BOOST_DESCRIBE_STRUCT(ClockBody, (), (accept))

void check(const ClockBody& body, json::FieldErrors& errors) {
  if (!body.accept) errors.add("accept", "must be true");
}

struct ClockDto {
  TimePoint serviceTime{};
  TimePoint wallClock{};
  std::int64_t differenceMs = 0;  // how far the wall clock is ahead
};
BOOST_DESCRIBE_STRUCT(ClockDto, (), (serviceTime, wallClock, differenceMs))

namespace {

// Takes effect once the row of the audit log is committed. The answer shows the clocks before that.
void accept_clock(const OperatorDeps& deps, const identity::Operator& who, const ClockBody&,
                  Idempotency idempotency, http::Reply reply) {
  const ClockStatus clock = deps.service_clock
                                ? deps.service_clock->status()
                                : ClockStatus{.service = deps.clock.now(), .wall = deps.clock.now()};
  const ClockDto dto{clock.service, clock.wall, clock.difference().count()};
  const auto is_decided = std::make_shared<bool>(false);  // not a repeated request that is answered again
  api::submit(
      deps.lane, LaneClass::operation, std::move(idempotency), [](const View&, Keys&) {},
      [dto,
       entry = AuditEntry{.operator_name = who.name, .action = "clock.accept", .detail = json::to_text(dto)},
       is_decided](const View&, BatchContext& context) {
        *is_decided = true;
        Changes changes;
        changes.log.push_back(log_row(entry, context));
        return CommandResult{http::ok(200, dto), std::move(changes), true};
      },
      [clock = deps.service_clock, is_decided, reply = std::move(reply)](Answer answer) mutable {
        if (clock && *is_decided && !answer.refusal) clock->accept();
        reply(std::move(answer));
      });
}

http::Route clock_route(const OperatorDeps& deps) {
  return operator_route(
      {.method = http::Method::POST,
       .path = "/admin/clock",
       .id = "adminAcceptClock",
       .summary = "Take over a wall clock that was set by more than 5 s: forwards in one step, backwards by "
                  "letting service time stand still until then",
       .body = &json::schema<ClockBody>,
       .examples = {{"accept", R"({"accept":true})"}},
       .successes = {{.description = "The clocks before it", .schema = &json::schema<ClockDto>}},
       .handler = api::bind(deps, accept_clock, identity::by_operator("adminAcceptClock"),
                            api::with_body<ClockBody>, api::with_idempotency)});
}

}  // namespace

void add_clock_routes(http::Router& router, const OperatorDeps& deps) { router.add(clock_route(deps)); }

}  // namespace stagedoor::operators
