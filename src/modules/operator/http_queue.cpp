// Operator calls on an event's waiting room: priority, the beacon of a draw, emptying the room (R-Q17). The
// admission policy of the event: http_catalogue.cpp.
#include "json/read.h"
#include "json/schema.h"
#include "json/write.h"
#include "modules/operator/http_common.h"
#include "modules/operator/model.h"
#include "modules/queue/http_public.h"
#include "modules/queue/model.h"
#include "modules/reservation/model.h"

namespace stagedoor::operators {

struct PriorityBody {
  std::vector<UserId> userIds;

  static void refine(boost::json::object& properties) { properties["userIds"].as_object()["minItems"] = 1; }
};
BOOST_DESCRIBE_STRUCT(PriorityBody, (), (userIds))

void check(const PriorityBody& body, json::FieldErrors& errors) {
  if (body.userIds.empty()) errors.add("userIds", "must name at least one user");
}

struct PriorityDto {
  EventId eventId;
  std::int64_t users = 0;
};
BOOST_DESCRIBE_STRUCT(PriorityDto, (), (eventId, users))

struct BeaconBody {
  std::string beacon;

  static void refine(boost::json::object& properties) {
    auto& property = properties["beacon"].as_object();
    property["minLength"] = 1;
    property["maxLength"] = 1000;
  }
};
BOOST_DESCRIBE_STRUCT(BeaconBody, (), (beacon))

void check(const BeaconBody& body, json::FieldErrors& errors) {
  if (body.beacon.empty() || body.beacon.size() > 1000) errors.add("beacon", "must have 1 to 1000 bytes");
}

struct EmptiedDto {
  EventId eventId;
  std::int64_t people = 0;  // users who waited or were inside
};
BOOST_DESCRIBE_STRUCT(EmptiedDto, (), (eventId, people))

struct EmptiedDetail {
  std::int64_t people = 0;
};
BOOST_DESCRIBE_STRUCT(EmptiedDetail, (), (people))

namespace {

void grant_priority(const OperatorDeps& deps, const identity::Operator& who, EventId event, PriorityBody body,
                    Idempotency idempotency, http::Reply reply) {
  api::submit(
      deps.lane, LaneClass::operation, std::move(idempotency), [](const View&, Keys&) {},
      [order = GrantPriority{event, std::move(body.userIds), who.name}](const View& view,
                                                                        BatchContext& context) {
        return api::answered(decide_priority(order, view, context), [&](EventId id) {
          return http::ok(200, PriorityDto{id, std::int64_t(order.users.size())});
        });
      },
      std::move(reply));
}

http::Route priority_route(const OperatorDeps& deps) {
  return operator_route(
      {.method = http::Method::POST,
       .path = "/admin/events/{id}/queue/priority",
       .id = "adminGrantPriority",
       .summary =
           "Let users wait in the priority line, which gets the policy's priority_share of the admissions",
       .body = &json::schema<PriorityBody>,
       .examples = {{"one user", R"({"userIds":["11111111-2222-4333-8444-555555555555"]})"}},
       .successes = {{.description = "How many", .schema = &json::schema<PriorityDto>}},
       .refusals = {Code::EVENT_NOT_FOUND},
       .handler =
           api::bind(deps, grant_priority, identity::by_operator(identity::Role::operator_),
                     api::with_id<EventId>("id"), api::with_body<PriorityBody>, api::with_idempotency)});
}

void name_beacon(const OperatorDeps& deps, const identity::Operator& who, EventId event,
                 const BeaconBody& body, Idempotency idempotency, http::Reply reply) {
  const AuditEntry entry{who.name, "queue.draw", event, json::to_text(body)};
  api::submit(
      deps.lane, LaneClass::operation, std::move(idempotency),
      [event](const View& view, Keys& wanted) { want(view.draws, wanted.draws, event); },
      [order = queue::NameBeacon{event, body.beacon}, entry](const View& view, BatchContext& context) {
        auto decision = queue::decide_beacon(order, view, context.now);
        if (std::holds_alternative<Draw>(decision.result))
          decision.changes.log.push_back(log_row(entry, context));
        return api::answered(std::move(decision),
                             [](const Draw& draw) { return http::ok(200, queue::to_dto(draw)); });
      },
      std::move(reply));
}

http::Route beacon_route(const OperatorDeps& deps) {
  return operator_route(
      {.method = http::Method::POST,
       .path = "/admin/events/{id}/queue/draw",
       .id = "adminNameBeacon",
       .summary =
           "After the opening, give the value of the beacon that the policy names; then the order is drawn",
       .body = &json::schema<BeaconBody>,
       .examples = {{"beacon", R"({"beacon":"3f1a"})"}},
       .successes = {{.description = "The draw", .schema = &json::schema<queue::DrawDto>}},
       .refusals = {Code::EVENT_NOT_FOUND, Code::EVENT_NOT_ON_SALE},
       .handler = api::bind(deps, name_beacon, identity::by_operator(identity::Role::operator_),
                            api::with_id<EventId>("id"), api::with_body<BeaconBody>, api::with_idempotency)});
}

// Removes all users, some at a time, and answers when the last one has left. Users who join meanwhile stay:
// pause or close the event first.
class Emptying : public std::enable_shared_from_this<Emptying> {
 public:
  Emptying(const OperatorDeps& deps, AuditEntry entry, std::vector<LinePlace> people, http::Reply reply)
      : deps_(deps), entry_(std::move(entry)), people_(std::move(people)), reply_(std::move(reply)) {}

  void go_on() {
    if (next_ == people_.size()) return finish();
    const std::size_t begin = next_;
    next_ = std::min(begin + kAtOnce, people_.size());
    under_way_ = next_ - begin;
    // The last answer calls this again, so this loop must not read members that the call changes.
    for (std::size_t i = begin, end = next_; i < end; ++i) send_out(people_[i]);
  }

 private:
  static constexpr std::size_t kAtOnce = 500;

  void send_out(const LinePlace& person) {
    const reservation::Leave order{{person.event, person.place, person.user}, CancelReason::OPERATOR};
    api::submit(
        deps_.lane, LaneClass::operation, {},
        [order](const View& view, Keys& wanted) { reservation::leave_keys(order, view, wanted); },
        [order, &rooms = deps_.rooms](const View& view, BatchContext& context) {
          const auto current = rooms.place_of(order.fan.event, order.fan.user, context.now);
          return CommandResult{{}, reservation::decide_leave(order, view, context, current).changes};
        },
        [emptying = shared_from_this()](const Answer& answer) { emptying->left(answer); });
  }

  void left(const Answer& answer) {
    if (answer.refusal) has_failed_ = true;
    if (--under_way_ > 0) return;
    if (!has_failed_) return go_on();
    reply_(http::render_refusal(
        refuse(Code::STORE_UNAVAILABLE, "Not all users were removed. Try again shortly.")));
  }

  void finish() {
    api::submit(
        deps_.lane, LaneClass::operation, {}, [](const View&, Keys&) {},
        [entry = entry_, people = people_.size()](const View&, BatchContext& context) {
          Changes changes;
          changes.log.push_back(log_row(entry, context));
          return CommandResult{http::ok(200, EmptiedDto{entry.event, std::int64_t(people)}),
                               std::move(changes), true};
        },
        std::move(reply_));
  }

  const OperatorDeps& deps_;
  AuditEntry entry_;
  std::vector<LinePlace> people_;
  http::Reply reply_;
  std::size_t next_ = 0;
  std::atomic<std::size_t> under_way_{0};
  std::atomic<bool> has_failed_{false};
};

void empty_room(const OperatorDeps& deps, const identity::Operator& who, EventId event, http::Reply reply) {
  if (!deps.read_model.catalogue()->event(event)) return reply(http::render_refusal(unknown_event(event)));
  auto people = deps.rooms.everybody(event);
  AuditEntry entry{who.name, "queue.empty", event, json::to_text(EmptiedDetail{std::int64_t(people.size())})};
  std::make_shared<Emptying>(deps, std::move(entry), std::move(people), std::move(reply))->go_on();
}

http::Route empty_route(const OperatorDeps& deps) {
  return operator_route(
      {.method = http::Method::POST,
       .path = "/admin/events/{id}/queue/empty",
       .id = "adminEmptyQueue",
       .summary =
           "Remove all users who wait or are inside; unpaid holds are cancelled. Pause the queue first",
       .successes = {{.description = "The number of users", .schema = &json::schema<EmptiedDto>}},
       .refusals = {Code::EVENT_NOT_FOUND, Code::STORE_UNAVAILABLE},
       .handler = api::bind(deps, empty_room, identity::by_operator(identity::Role::operator_),
                            api::with_id<EventId>("id"))});
}

}  // namespace

void add_queue_control_routes(http::Router& router, const OperatorDeps& deps) {
  for (const auto route : {priority_route, beacon_route, empty_route}) router.add(route(deps));
}

}  // namespace stagedoor::operators
