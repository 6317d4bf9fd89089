// The people in an event's waiting room, in an operator's hands: priority, the beacon of a draw, emptying the
// room (R-Q17). How people are let in is a policy of the event: http_catalogue.cpp.
#include <fmt/format.h>

#include "http/problem.h"
#include "json/read.h"
#include "json/schema.h"
#include "json/write.h"
#include "modules/call.h"
#include "modules/operator/http_desk.h"
#include "modules/operator/model.h"
#include "modules/queue/http_public.h"
#include "modules/reservation/model.h"

namespace stagedoor::operators {

struct PriorityBody {
  std::vector<UserId> userIds;
};
BOOST_DESCRIBE_STRUCT(PriorityBody, (), (userIds))

void check(const PriorityBody& body, json::Faults& faults) {
  if (body.userIds.empty()) faults.add("userIds", "must name at least one user");
}

struct PriorityDto {
  EventId eventId;
  std::int64_t users = 0;
};
BOOST_DESCRIBE_STRUCT(PriorityDto, (), (eventId, users))

struct BeaconBody {
  std::string beacon;
};
BOOST_DESCRIBE_STRUCT(BeaconBody, (), (beacon))

void check(const BeaconBody& body, json::Faults& faults) {
  if (body.beacon.empty() || body.beacon.size() > 1000) faults.add("beacon", "must have 1 to 1000 bytes");
}

struct EmptiedDto {
  EventId eventId;
  std::int64_t people = 0;  // who waited or were inside
};
BOOST_DESCRIBE_STRUCT(EmptiedDto, (), (eventId, people))

namespace {

void grant_priority(const Asked& asked, http::Reply reply) {
  const auto event = asked.request.id<EventId>("id");
  if (!event) return reply(http::problem(event.error()));
  const auto body = json::read<PriorityBody>(asked.request.body);
  if (!body) return reply(http::problem(body.error()));
  auto idempotency = idempotency_of(asked.request, asked.who.user());
  if (!idempotency) return reply(http::problem(idempotency.error()));
  submit(
      asked.calls.lane, LaneClass::operation, std::move(*idempotency), [](const View&, Keys&) {},
      [order = GrantPriority{*event, body->userIds, asked.who.name}](const View& view, Moment& moment) {
        return answered(decide_priority(order, view, moment), [&](EventId id) {
          return http::ok(200, PriorityDto{id, std::int64_t(order.users.size())});
        });
      },
      std::move(reply));
}

void name_beacon(const Asked& asked, http::Reply reply) {
  const auto event = asked.request.id<EventId>("id");
  if (!event) return reply(http::problem(event.error()));
  const auto body = json::read<BeaconBody>(asked.request.body);
  if (!body) return reply(http::problem(body.error()));
  auto idempotency = idempotency_of(asked.request, asked.who.user());
  if (!idempotency) return reply(http::problem(idempotency.error()));
  const Deed deed{asked.who.name, "queue.draw", *event,
                  asked.request.body.empty() ? "{}" : json::to_text(*body)};
  submit(
      asked.calls.lane, LaneClass::operation, std::move(*idempotency),
      [id = *event](const View& view, Keys& wanted) { want(view.draws, wanted.draws, id); },
      [order = NameBeacon{*event, body->beacon}, deed](const View& view, Moment& moment) {
        auto decision = decide_beacon(order, view, moment.now);
        if (std::holds_alternative<Draw>(decision.result))
          decision.changes.log.push_back(log_row(deed, moment));
        return answered(std::move(decision), [&](const Draw& draw) { return http::ok(200, to_dto(draw)); });
      },
      std::move(reply));
}

// Sends everybody out, some at a time, and answers when the last one has left. Who joins meanwhile stays:
// pause or close the event first.
class Emptying : public std::enable_shared_from_this<Emptying> {
 public:
  Emptying(const OperatorCalls& calls, Deed deed, std::vector<LinePlace> people, http::Reply reply)
      : calls_(calls), deed_(std::move(deed)), people_(std::move(people)), reply_(std::move(reply)) {}

  void go_on() {
    if (next_ == people_.size()) return finish();
    const std::size_t begin = next_;
    next_ = std::min(begin + kAtOnce, people_.size());
    under_way_ = next_ - begin;
    // The last answer calls this again, so this loop must not look at what that call changes.
    for (std::size_t i = begin, end = next_; i < end; ++i) send_out(people_[i]);
  }

 private:
  static constexpr std::size_t kAtOnce = 500;

  void send_out(const LinePlace& person) {
    const Leave order{{person.event, person.place, person.user}, CancelReason::OPERATOR};
    submit(
        calls_.lane, LaneClass::operation, {},
        [order](const View& view, Keys& wanted) { leave_keys(order, view, wanted); },
        [order, &rooms = calls_.rooms](const View& view, Moment& moment) {
          const auto current = rooms.place_of(order.fan.event, order.fan.user, moment.now);
          return Decided{{}, decide_leave(order, view, moment, current).changes};
        },
        [emptying = shared_from_this()](const Answer& answer) { emptying->left(answer); });
  }

  void left(const Answer& answer) {
    if (answer.refusal) has_failed_ = true;
    if (--under_way_ > 0) return;
    if (!has_failed_) return go_on();
    reply_(http::problem(
        {Code::STORE_UNAVAILABLE, "Not everybody was sent out; ask again shortly.", {}, {}, {}}));
  }

  void finish() {
    submit(
        calls_.lane, LaneClass::operation, {}, [](const View&, Keys&) {},
        [deed = deed_, people = people_.size()](const View&, Moment& moment) {
          Changes changes;
          changes.log.push_back(log_row(deed, moment));
          return Decided{http::ok(200, EmptiedDto{deed.event, std::int64_t(people)}), std::move(changes),
                         true};
        },
        std::move(reply_));
  }

  const OperatorCalls& calls_;
  Deed deed_;
  std::vector<LinePlace> people_;
  http::Reply reply_;
  std::size_t next_ = 0;
  std::atomic<std::size_t> under_way_{0};
  std::atomic<bool> has_failed_{false};
};

void empty_room(const Asked& asked, http::Reply reply) {
  const auto event = asked.request.id<EventId>("id");
  if (!event) return reply(http::problem(event.error()));
  if (!asked.calls.shelf.catalogue()->event(*event)) {
    return reply(http::problem(
        {Code::EVENT_NOT_FOUND, fmt::format("There is no event {}", event->value), {}, {}, {}}));
  }
  auto people = asked.calls.rooms.everybody(*event);
  Deed deed{asked.who.name, "queue.empty", *event, fmt::format(R"({{"people":{}}})", people.size())};
  std::make_shared<Emptying>(asked.calls, std::move(deed), std::move(people), std::move(reply))->go_on();
}

}  // namespace

void add_queue_control_routes(http::Router& router, const OperatorCalls& calls) {
  const auto add = [&](std::string path, Work work, std::string summary, http::Schema body,
                       http::Success success, std::vector<Code> codes) {
    http::Route route{.method = http::Method::POST,
                      .path = std::move(path),
                      .summary = std::move(summary),
                      .tag = "operators",
                      .body = body,
                      .successes = {std::move(success)},
                      .refusals = std::move(codes),
                      .handler = for_role(calls, Role::kOperator, work)};
    if (body) route.parameters = {idempotency_parameter()};
    router.add(std::move(route));
  };
  add("/admin/events/{id}/queue/priority", grant_priority,
      "Let users wait in the priority line, which gets the policy's priority_share of the admissions",
      &json::schema<PriorityBody>, {.description = "How many", .schema = &json::schema<PriorityDto>},
      refusals({Code::EVENT_NOT_FOUND, Code::IDEMPOTENCY_MISMATCH, Code::STORE_UNAVAILABLE}));
  add("/admin/events/{id}/queue/draw", name_beacon,
      "After the opening, give the value of the beacon that the policy names; then the order is drawn",
      &json::schema<BeaconBody>, {.description = "The draw", .schema = &json::schema<DrawDto>},
      refusals({Code::EVENT_NOT_FOUND, Code::EVENT_NOT_ON_SALE, Code::IDEMPOTENCY_MISMATCH,
                Code::STORE_UNAVAILABLE}));
  add("/admin/events/{id}/queue/empty", empty_room,
      "Send everybody out who waits or is inside; unpaid holds are cancelled. Pause the queue first", nullptr,
      {.description = "How many they were", .schema = &json::schema<EmptiedDto>},
      refusals({Code::EVENT_NOT_FOUND, Code::STORE_UNAVAILABLE}));
}

}  // namespace stagedoor::operators
