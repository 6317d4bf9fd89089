// Operator calls on an event's waiting room: priority, the beacon of a draw, emptying the room (R-Q17). The
// admission policy of the event: http_catalogue.cpp.
#include <algorithm>

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

struct PriorityListDto {
  EventId eventId;
  std::vector<UserId> userIds;
};
BOOST_DESCRIBE_STRUCT(PriorityListDto, (), (eventId, userIds))

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
  std::int64_t people = 0;                      // who are removed
  json::Omitted<std::int64_t> notRemoved = {};  // of an emptying that failed
};
BOOST_DESCRIBE_STRUCT(EmptiedDetail, (), (people, notRemoved))

namespace {

void grant_priority(const OperatorDeps& deps, const identity::Operator& who, EventId event, PriorityBody body,
                    Idempotency idempotency, http::Reply reply) {
  std::sort(body.userIds.begin(), body.userIds.end());
  body.userIds.erase(std::unique(body.userIds.begin(), body.userIds.end()), body.userIds.end());
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
           api::bind(deps, grant_priority, identity::by_operator("adminGrantPriority"),
                     api::with_id<EventId>("id"), api::with_body<PriorityBody>, api::with_idempotency)});
}

void list_priority(const OperatorDeps& deps, const identity::Operator&, EventId event, http::Reply reply) {
  if (!deps.read_model.catalogue()->event(event)) return reply(http::render_refusal(unknown_event(event)));
  reply(http::ok(200, PriorityListDto{event, deps.rooms.priority_users(event)}));
}

http::Route list_priority_route(const OperatorDeps& deps) {
  return operator_route(
      {.method = http::Method::GET,
       .path = "/admin/events/{id}/queue/priority",
       .id = "adminListPriority",
       .summary = "The users who may wait in the priority line",
       .successes = {{.description = "All of them", .schema = &json::schema<PriorityListDto>}},
       .refusals = {Code::EVENT_NOT_FOUND},
       .handler = api::bind(deps, list_priority, identity::by_operator("adminListPriority"),
                            api::with_id<EventId>("id"))});
}

void end_priority(const OperatorDeps& deps, const identity::Operator& who, EventId event, const UserId& user,
                  Idempotency idempotency, http::Reply reply) {
  api::submit(
      deps.lane, LaneClass::operation, std::move(idempotency), [](const View&, Keys&) {},
      [order = EndPriority{event, user, who.name}](const View& view, BatchContext& context) {
        return api::answered(decide_end_priority(order, view, context), [](EventId id) {
          return http::ok(200, PriorityDto{id, 1});
        });
      },
      std::move(reply));
}

http::Route end_priority_route(const OperatorDeps& deps) {
  return operator_route(
      {.method = http::Method::DELETE,
       .path = "/admin/events/{id}/queue/priority/{userId}",
       .id = "adminEndPriority",
       .summary =
           "Take the priority of a user back, who waits on in the line; the user's own number may grow",
       .successes = {{.description = "Done, also if the user had none",
                      .schema = &json::schema<PriorityDto>}},
       .refusals = {Code::EVENT_NOT_FOUND},
       .handler = api::bind(deps, end_priority, identity::by_operator("adminEndPriority"),
                            api::with_id<EventId>("id"), api::with_user("userId"), api::with_idempotency)});
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
       .handler = api::bind(deps, name_beacon, identity::by_operator("adminNameBeacon"),
                            api::with_id<EventId>("id"), api::with_body<BeaconBody>, api::with_idempotency)});
}

// Removes all users, some at a time, and answers when the last one has left. Users who join meanwhile stay:
// pause or close the event first. The log says at the beginning how many are to be removed, and how many
// were removed if it fails half way. The Idempotency-Key is looked for before anybody is removed, and kept
// with the answer.
class Emptying : public std::enable_shared_from_this<Emptying> {
 public:
  Emptying(const OperatorDeps& deps, AuditEntry entry, std::vector<LinePlace> people, Idempotency idempotency,
           http::Reply reply)
      : deps_(deps),
        entry_(std::move(entry)),
        people_(std::move(people)),
        idempotency_(std::move(idempotency)),
        reply_(std::move(reply)) {}

  // A command that is decided only if the key is new; it succeeds only in finish().
  void begin() {
    api::submit(
        deps_.lane, LaneClass::operation, idempotency_, [](const View&, Keys&) {},
        [emptying = shared_from_this()](const View&, BatchContext& context) {
          emptying->is_new_ = true;
          return CommandResult{{},
                               emptying->log({.people = std::int64_t(emptying->people_.size())}, context)};
        },
        [emptying = shared_from_this()](Answer answer) {
          if (emptying->is_new_ && !answer.refusal) emptying->go_on();
          else emptying->reply_(std::move(answer));
        });
  }

 private:
  static constexpr std::size_t kAtOnce = 500;

  Changes log(const EmptiedDetail& detail, BatchContext& context) {
    entry_.detail = json::to_text(detail);
    Changes changes;
    changes.log.push_back(log_row(entry_, context));
    return changes;
  }

  void go_on() {
    if (next_ == people_.size()) return finish();
    const std::size_t begin = next_;
    next_ = std::min(begin + kAtOnce, people_.size());
    under_way_ = next_ - begin;
    // The last answer calls this again, so this loop must not read members that the call changes.
    for (std::size_t i = begin, end = next_; i < end; ++i) send_out(people_[i]);
  }

  void send_out(const LinePlace& person) {
    const reservation::Leave order{{person.event, person.place, person.user}, CancelReason::OPERATOR};
    api::submit(
        deps_.lane, LaneClass::operation, Idempotency{{}, {}, {}, idempotency_.trace},
        [order](const View& view, Keys& wanted) { reservation::leave_keys(order, view, wanted); },
        [order, &rooms = deps_.rooms](const View& view, BatchContext& context) {
          const auto current = rooms.place_of(order.fan.event, order.fan.user, context.now);
          return CommandResult{{}, reservation::decide_leave(order, view, context, current).changes};
        },
        [emptying = shared_from_this()](const Answer& answer) { emptying->left(answer); });
  }

  void left(const Answer& answer) {
    if (answer.refusal) ++failed_;
    if (--under_way_ > 0) return;
    if (failed_ == 0) return go_on();
    api::submit(
        deps_.lane, LaneClass::operation, {}, [](const View&, Keys&) {},
        [emptying = shared_from_this()](const View&, BatchContext& context) {
          const auto removed = std::int64_t(emptying->next_ - emptying->failed_);
          const auto all = std::int64_t(emptying->people_.size());
          return CommandResult{{}, emptying->log({.people = removed, .notRemoved = all - removed}, context)};
        },
        [emptying = shared_from_this()](const Answer&) {
          emptying->reply_(http::render_refusal(
              refuse(Code::STORE_UNAVAILABLE, "Not all users were removed. Try again shortly.")));
        });
  }

  void finish() {
    api::submit(
        deps_.lane, LaneClass::operation, idempotency_, [](const View&, Keys&) {},
        [event = entry_.event, people = people_.size()](const View&, BatchContext&) {
          return CommandResult{http::ok(200, EmptiedDto{event, std::int64_t(people)}), {}, true};
        },
        std::move(reply_));
  }

  const OperatorDeps& deps_;
  AuditEntry entry_;
  std::vector<LinePlace> people_;
  Idempotency idempotency_;
  http::Reply reply_;
  bool is_new_ = false;  // the key, or there is none
  std::size_t next_ = 0;
  std::atomic<std::size_t> under_way_{0};
  std::atomic<std::size_t> failed_{0};
};

void empty_room(const OperatorDeps& deps, const identity::Operator& who, EventId event,
                Idempotency idempotency, http::Reply reply) {
  if (!deps.read_model.catalogue()->event(event)) return reply(http::render_refusal(unknown_event(event)));
  auto people = deps.rooms.everybody(event);
  std::make_shared<Emptying>(deps, AuditEntry{who.name, "queue.empty", event, {}}, std::move(people),
                             std::move(idempotency), std::move(reply))
      ->begin();
}

http::Route empty_route(const OperatorDeps& deps) {
  return operator_route(
      {.method = http::Method::POST,
       .path = "/admin/events/{id}/queue/empty",
       .id = "adminEmptyQueue",
       .summary =
           "Remove all users who wait or are inside; unpaid holds are cancelled. Pause the queue first",
       .successes = {{.description = "The number of users", .schema = &json::schema<EmptiedDto>}},
       .refusals = {Code::EVENT_NOT_FOUND},
       .handler = api::bind(deps, empty_room, identity::by_operator("adminEmptyQueue"),
                            api::with_id<EventId>("id"), api::with_idempotency)});
}

}  // namespace

void add_queue_control_routes(http::Router& router, const OperatorDeps& deps) {
  for (const auto route :
       {priority_route, list_priority_route, end_priority_route, beacon_route, empty_route})
    router.add(route(deps));
}

}  // namespace stagedoor::operators
