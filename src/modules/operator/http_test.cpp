// The operators' calls over a lane and a store (R-O1, R-Q10, R-Q17, R-S12).
#include "modules/operator/http.h"

#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "adapters/memory/memory_store.h"
#include "support/catalogue.h"
#include "support/world.h"

namespace stagedoor::operators {
namespace {

using namespace stagedoor::test;
using testing::AllOf;
using testing::HasSubstr;

struct Desk {
  memory::MemoryStore store;
  ManualClock clock{*parse_rfc3339("2030-01-01T00:00:00Z")};
  World world{store.ports(), clock};

  Desk() { world.import(club_night("admission: capacity, capacity: 2, active_ttl: 5m, poll_min: 0s")); }

  ApiReply ask(std::string_view method, std::string_view target, std::string_view body = "") {
    return world.call(admin(method, target, body));
  }
  ApiReply as(std::string secret, std::string_view method, std::string_view target,
              std::string_view body = "") {
    return world.call(call_as(std::move(secret), method, target, body));
  }
  // The code of a refusal; "" also for a call that waits for a reader of the store, of whom there is none
  // here.
  std::string code_as(std::string secret, std::string_view method, std::string_view target,
                      std::string_view body) {
    const PendingPtr pending = world.send(call_as(std::move(secret), method, target, body));
    world.run();
    return pending->is_answered() ? pending->reply().code() : "";
  }
  static Call call_as(std::string secret, std::string_view method, std::string_view target,
                      std::string_view body) {
    Call call = admin(method, target, body);
    call.token = std::move(secret);
    return call;
  }
  const LogRow& last_log() { return store.tables().log.rbegin()->second; }
  std::int64_t seat(int seat_number) {
    return world.read_model().catalogue()->date({1})->first_seat.value + seat_number - 1;
  }
};

std::string show(const boost::json::value& value) { return boost::json::serialize(value); }

// "/admin/users/{id}/…" → "/admin/users/00000000-…/…", "/admin/events/{id}" → "/admin/events/1".
std::string filled(std::string path) {
  for (auto begin = path.find('{'); begin != path.npos; begin = path.find('{')) {
    const auto end = path.find('}', begin);
    const bool is_user = std::string_view(path).substr(0, begin).ends_with("/users/");
    path.replace(begin, end + 1 - begin, is_user ? "00000000-0000-0000-0000-000000000001" : "1");
  }
  return path;
}

// Of the router itself, so that a call that is added later is asked too.
TEST(OperatorCalls, every_path_asks_for_the_key_before_anything_else) {
  Desk office;
  std::size_t reads = 0;
  std::size_t changes = 0;
  for (const auto& route : office.world.router().routes()) {
    if (!route->path.starts_with("/admin")) continue;
    const std::string method(to_string(route->method));
    const std::string target = filled(route->path);
    SCOPED_TRACE(method + " " + target);
    const bool is_read = route->method == http::Method::GET;
    ++(is_read ? reads : changes);
    const std::string_view body = is_read ? "" : "nonsense";
    EXPECT_EQ(office.code_as("", method, target, body), "ADMIN_KEY_INVALID");
    EXPECT_EQ(office.code_as("wrong", method, target, body), "ADMIN_KEY_INVALID");
    const std::string viewer = office.code_as("viewer-secret", method, target, body);
    const bool is_for_gates = route->path == "/admin/check-in" || route->path == "/admin/dates/{id}/revoked";
    const bool is_for_viewers = is_read && !is_for_gates && route->path != "/admin/keys" &&
                                route->path != "/admin/export/reservations.csv";
    const std::string gate = office.code_as("gate-secret", method, target, body);
    EXPECT_EQ(gate == "FORBIDDEN", !is_for_gates && route->path != "/admin/me") << gate;
    if (is_for_viewers) EXPECT_TRUE(viewer != "ADMIN_KEY_INVALID" && viewer != "FORBIDDEN") << viewer;
    else EXPECT_EQ(viewer, "FORBIDDEN");
    const std::string owner = office.code_as(std::string(kOwnerKey), method, target, body);
    EXPECT_TRUE(owner != "ADMIN_KEY_INVALID" && owner != "FORBIDDEN") << owner;
  }
  EXPECT_GE(reads, 5U);
  EXPECT_GE(changes, 15U);
}

TEST(OperatorCalls, a_fans_token_opens_nothing) {
  Desk office;
  EXPECT_EQ(office.as(office.world.enter(1).token, "GET", "/admin/events").code(), "ADMIN_KEY_INVALID");
}

// R-A7
TEST(OperatorCalls, accept_a_wall_clock_once_and_log_it) {
  struct SetClock final : ServiceTimeClock {
    TimePoint now() const override { return from_ms(1'900'000'000'000); }
    ClockStatus status() const override {
      return {.service = now(), .wall = now() + Millis(3'600'000), .is_alarm = true};
    }
    void compare(const IsQuiet&) override {}
    void accept() override { ++accepted; }
    int accepted = 0;
  } clock;
  memory::MemoryStore store;
  World world(store.ports(), clock, {.service_clock = &clock});
  EXPECT_EQ(world.call(admin("POST", "/admin/clock", R"({"accept":false})")).code(), "INVALID_REQUEST");
  EXPECT_EQ(clock.accepted, 0);
  EXPECT_EQ(Desk().code_as("operator-secret", "POST", "/admin/clock", R"({"accept":true})"), "FORBIDDEN");
  const Call accept = admin("POST", "/admin/clock", R"({"accept":true})").with_key("once");
  const ApiReply reply = world.call(accept);
  EXPECT_EQ(number(reply.data(), "differenceMs"), 3'600'000);
  EXPECT_EQ(world.call(accept).header("Idempotency-Hit"), "true");
  EXPECT_EQ(clock.accepted, 1);
  const LogRow& row = store.tables().log.rbegin()->second;
  EXPECT_EQ(row.operator_name + " " + row.action, "olga clock.accept");
  EXPECT_THAT(row.detail, HasSubstr(R"("differenceMs":3600000)"));
}

TEST(OperatorCalls, create_an_event_and_its_dates) {
  Desk office;
  const auto event = office.ask("POST", "/admin/events", R"({"name":"Gala","venue":"Hall",
      "on_sale":{"from":"2029-01-01T00:00:00Z","until":"2031-01-01T00:00:00Z"},"policy":{"seats_per_user":2}})");
  ASSERT_EQ(event.status, 201) << event.body;
  const std::int64_t id = number(event.data(), "id");
  EXPECT_THAT(event.body, AllOf(HasSubstr(R"("status":"ON_SALE")"), HasSubstr(R"("seats_per_user":2)"),
                                HasSubstr(R"("hold_ttl":"5m")")));
  const auto path = "/admin/events/" + std::to_string(id) + "/dates";
  const auto date = office.ask("POST", path, R"({"starts_at":"2031-02-01T19:00:00Z","layout":"club",
      "prices":{"Standard":50000}})");
  ASSERT_EQ(date.status, 201) << date.body;
  EXPECT_EQ(number(date.data(), "event"), id);
  EXPECT_EQ(number(date.data(), "seats_left"), 50);
  EXPECT_EQ(number(office.ask("GET", "/admin/events/" + std::to_string(id)).data(), "seats_total"), 50);
  EXPECT_THAT(office.world.call(get_event(id)).body, HasSubstr("Gala"));
}

TEST(OperatorCalls, create_refuses_what_is_there_already) {
  Desk office;
  const std::string sale = R"("on_sale":{"from":"2029-01-01T00:00:00Z","until":"2031-01-01T00:00:00Z"}})";
  EXPECT_THAT(office.ask("POST", "/admin/events", R"({"id":1,"name":"Gala",)" + sale).body,
              HasSubstr(R"("path":"id")"));
  EXPECT_THAT(office.ask("POST", "/admin/events", R"({"name":"Winter Club Night",)" + sale).body,
              HasSubstr(R"("path":"name")"));
  EXPECT_EQ(office
                .ask("POST", "/admin/events/1/dates",
                     R"({"id":1,"starts_at":"2031-02-01T19:00:00Z","prices":{"Standard":1}})")
                .code(),
            "INVALID_REQUEST");
  EXPECT_EQ(office
                .ask("POST", "/admin/events/9/dates",
                     R"({"starts_at":"2031-02-01T19:00:00Z","prices":{"Standard":1}})")
                .code(),
            "EVENT_NOT_FOUND");
}

TEST(OperatorCalls, patch_an_event_and_leave_what_is_not_named) {
  Desk office;
  const auto reply =
      office.ask("PATCH", "/admin/events/1", R"({"performer":"Others","policy":{"seats_per_user":1}})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const Event& event = *office.world.read_model().catalogue()->event({1});
  EXPECT_EQ(event.performer, "Others");
  EXPECT_EQ(event.policy.seats_per_user, 1);
  EXPECT_EQ(event.name, "Winter Club Night");
  EXPECT_EQ(event.queue.capacity, 2);
  EXPECT_EQ(office.last_log().action, "event.change");
  EXPECT_EQ(office.last_log().operator_name, "olga");
  EXPECT_EQ(office.last_log().event, EventId{1});
  EXPECT_THAT(office.last_log().detail,
              AllOf(HasSubstr(R"("request":{"performer":"Others","policy":{"seats_per_user":1}})"),
                    HasSubstr("performer, policy.seats_per_user")));
}

TEST(OperatorCalls, patch_tells_every_error_with_the_callers_paths) {
  Desk office;
  EXPECT_THAT(office.ask("PATCH", "/admin/events/1", R"({"name":"","queue":{"people":0},"hue":1})").body,
              AllOf(HasSubstr(R"("path":"name")"), HasSubstr(R"("path":"queue.people")"),
                    HasSubstr(R"("path":"hue")")));
  EXPECT_THAT(office.ask("PATCH", "/admin/events/1/queue", R"({"people":0})").body,
              HasSubstr(R"("path":"people")"));
  EXPECT_THAT(office.ask("PATCH", "/admin/dates/1", R"({"prices":{"VIP":5}})").body,
              HasSubstr(R"("path":"prices.VIP")"));
  EXPECT_EQ(office.ask("PATCH", "/admin/events/1", R"({"id":2})").code(), "INVALID_REQUEST");
  EXPECT_EQ(office.ask("PATCH", "/admin/events/1", "[]").code(), "INVALID_REQUEST");
  EXPECT_EQ(office.ask("PATCH", "/admin/events/1", "{").code(), "INVALID_REQUEST");
  EXPECT_EQ(office.ask("PATCH", "/admin/events/9", "{}").code(), "EVENT_NOT_FOUND");
  EXPECT_EQ(office.ask("PATCH", "/admin/dates/9", "{}").code(), "EVENT_DATE_NOT_FOUND");
}

TEST(OperatorCalls, a_queue_policy_takes_effect_at_once_R_Q10) {
  Desk office;
  for (std::uint64_t fan = 1; fan <= 5; ++fan) office.world.enter(fan);
  EXPECT_EQ(office.world.rooms().numbers({1}).active, 2U);
  const auto reply = office.ask("PATCH", "/admin/events/1/queue", R"({"capacity":4})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(number(reply.data(), "capacity"), 4);
  EXPECT_EQ(text(reply.data(), "admission"), "capacity");
  office.world.run();
  EXPECT_EQ(office.world.rooms().numbers({1}).active, 4U);
  office.ask("PATCH", "/admin/events/1/queue", R"({"capacity":1})");
  office.world.run();
  EXPECT_EQ(office.world.rooms().numbers({1}).active, 4U) << "lowering it only stops further admissions";
}

TEST(OperatorCalls, pause_and_resume_the_admissions_R_Q17) {
  Desk office;
  EXPECT_THAT(office.ask("POST", "/admin/events/1/queue/pause").body, HasSubstr(R"("paused":true)"));
  EXPECT_EQ(office.last_log().action, "queue.pause");
  office.world.enter(1);
  EXPECT_EQ(office.world.rooms().numbers({1}).active, 0U);
  EXPECT_THAT(office.ask("POST", "/admin/events/1/queue/resume").body, HasSubstr(R"("paused":false)"));
  office.world.run();
  EXPECT_EQ(office.world.rooms().numbers({1}).active, 1U);
}

TEST(OperatorCalls, closing_an_event_ends_its_sale) {
  Desk office;
  const Visitor fan = office.world.enter(1);
  EXPECT_THAT(office.ask("PATCH", "/admin/events/1", R"({"closed":true})").body,
              HasSubstr(R"("status":"CLOSED")"));
  EXPECT_EQ(office.world.call(hold(fan, office.seat(1))).code(), "EVENT_NOT_ON_SALE");
}

TEST(OperatorCalls, change_prices_for_holds_to_come_R_S9) {
  Desk office;
  const Visitor fan = office.world.enter(1);
  const auto before = office.world.call(hold(fan, office.seat(1)));
  ASSERT_EQ(office.ask("PATCH", "/admin/dates/1", R"({"prices":{"Standard":5}})").status, 200);
  EXPECT_EQ(number(office.world.call(hold(fan, office.seat(1))).data(), "price"),
            number(before.data(), "price"));
  EXPECT_EQ(number(office.world.call(hold(fan, office.seat(2))).data(), "price"), 5);
}

TEST(OperatorCalls, a_date_is_moved_or_deleted_only_while_nobody_has_a_seat) {
  Desk office;
  const Visitor fan = office.world.enter(1);
  office.world.call(hold(fan, office.seat(3)));
  for (const auto* patch : {R"({"starts_at":"2096-03-01T00:00:00Z"})", R"({"deleted":true})"}) {
    const auto reply = office.ask("PATCH", "/admin/dates/1", patch);
    EXPECT_EQ(reply.code(), "SEAT_OCCUPIED") << patch;
    EXPECT_THAT(reply.body, HasSubstr("seat 3 is held or sold"));
  }
  office.clock.advance(Millis(600'000));
  office.world.run();
  EXPECT_EQ(office.ask("PATCH", "/admin/dates/1", R"({"starts_at":"2096-03-01T00:00:00Z"})").status, 200);
  EXPECT_EQ(office.ask("PATCH", "/admin/dates/1", R"({"deleted":true})").status, 200);
  EXPECT_EQ(office.world.call(hold(office.world.enter(2), office.seat(3))).ok(), false);
}

TEST(OperatorCalls, block_seats_and_release_them_R_S12) {
  Desk office;
  const Visitor fan = office.world.enter(1);
  const auto blocked = office.ask("POST", "/admin/dates/1/seats/block", R"({"seatNumbers":[1,2]})");
  EXPECT_EQ(show(blocked.data()),
            fmt::format(R"({{"eventDateId":1,"blocked":true,"seatIds":[{},{}],"changed":2}})", office.seat(1),
                        office.seat(2)));
  EXPECT_EQ(office.world.call(hold(fan, office.seat(1))).code(), "SEAT_OCCUPIED");
  EXPECT_EQ(number(office.ask("GET", "/admin/dates/1").data(), "seats_left"), 48);
  const auto held = office.world.call(hold(fan, office.seat(3)));
  EXPECT_EQ(held.status, 201);
  EXPECT_EQ(
      office.ask("POST", "/admin/dates/1/seats/block", fmt::format(R"({{"seatIds":[{}]}})", office.seat(3)))
          .code(),
      "SEAT_OCCUPIED");
  EXPECT_EQ(office.ask("POST", "/admin/dates/1/seats/unblock", R"({"seatNumbers":[1]})").status, 200);
  EXPECT_EQ(office.world.call(hold(fan, office.seat(1))).status, 201);
  EXPECT_EQ(office.ask("POST", "/admin/dates/1/seats/block", "{}").code(), "INVALID_REQUEST");
  EXPECT_EQ(office.ask("POST", "/admin/dates/1/seats/block", R"({"seatNumbers":[51]})").code(),
            "SEAT_NOT_FOUND");
}

TEST(OperatorCalls, import_yaml_or_json_and_say_what_changed_R_K4) {
  Desk office;
  const std::string text = club_night("admission: interval, people: 5, every: 1s");
  const auto changed = office.ask("POST", "/admin/import", text);
  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_THAT(changed.body, HasSubstr("event 1 Winter Club Night: queue.admission, queue.people"));
  EXPECT_EQ(office.last_log().action, "catalogue.import");
  const std::size_t lines = office.store.tables().log.size();
  EXPECT_THAT(office.ask("POST", "/admin/import", text).body, HasSubstr(R"("added":[],"changed":[])"));
  EXPECT_EQ(office.store.tables().log.size(), lines) << "what changes nothing leaves no line";
  EXPECT_EQ(office.ask("POST", "/admin/import", R"({"events":[]})").status, 200);
  const auto faulty = office.ask("POST", "/admin/import", "events:\n  - name: A\n    when: now\n");
  EXPECT_EQ(faulty.code(), "INVALID_REQUEST");
  EXPECT_THAT(faulty.body,
              AllOf(HasSubstr("line 3: is not a known field"), HasSubstr("line 2: is required")));
}

TEST(OperatorCalls, an_import_keeps_what_operators_changed_unless_it_overwrites_R_K4) {
  Desk office;
  const std::string text = club_night("admission: capacity, capacity: 2, active_ttl: 5m, poll_min: 0s");
  office.ask("PATCH", "/admin/events/1/queue", R"({"capacity":7})");
  const auto capacity = [&] { return office.world.read_model().catalogue()->event({1})->queue.capacity; };
  EXPECT_THAT(office.ask("POST", "/admin/import", text).body,
              HasSubstr(R"("kept":["event 1: capacity, file 2, now 7"])"));
  EXPECT_EQ(capacity(), 7);
  EXPECT_THAT(office.last_log().detail, HasSubstr(R"("kept":["event 1: capacity, file 2, now 7"])"));
  EXPECT_EQ(office.ask("POST", "/admin/import?overwrite=yes", text).code(), "INVALID_REQUEST");
  EXPECT_THAT(office.ask("POST", "/admin/import?overwrite=true", text).body, HasSubstr(R"("kept":[])"));
  EXPECT_EQ(capacity(), 2);
}

TEST(OperatorCalls, a_seat_of_a_free_concert_is_held_paid_and_refunded_R_C6) {
  Desk office;
  ASSERT_EQ(office.ask("PATCH", "/admin/dates/1", R"({"prices":{"Standard":0}})").status, 200);
  const Visitor fan = office.world.enter(1);
  const auto held = office.world.call(hold(fan, office.seat(1)));
  EXPECT_EQ(number(held.data(), "price"), 0);
  const std::int64_t id = number(held.data(), "id");
  const auto paid = office.world.call(pay(fan, id));
  ASSERT_EQ(paid.status, 200) << paid.body;
  EXPECT_EQ(text(paid.data(), "status"), "PAID");
  EXPECT_EQ(
      text(office.ask("POST", "/admin/reservations/" + std::to_string(id) + "/refund").data(), "status"),
      "REFUNDED");
  EXPECT_TRUE(office.store.tables().postings.empty()) << "no money moves";
}

TEST(OperatorCalls, what_only_an_owner_may_R_O1) {
  Desk office;
  const std::string charge = "/admin/users/" + user(1) + "/balance/charge";
  EXPECT_EQ(office.code_as("operator-secret", "POST", "/admin/import", R"({"events":[]})"), "FORBIDDEN");
  EXPECT_EQ(office.code_as("operator-secret", "POST", charge, R"({"amount":5})"), "FORBIDDEN");
  EXPECT_EQ(office.code_as("operator-secret", "POST", "/admin/events/1/queue/pause", ""), "");
}

TEST(OperatorCalls, sales_go_on_between_the_pieces_of_a_large_import_R_A5) {
  Desk office;
  const Visitor fan = office.world.enter(1);
  const PendingPtr import = office.world.send(admin(
      "POST", "/admin/import",
      "layouts:\n  arena: {seats: 50000, category: Standard}\nevents:\n- {id: 70, name: Season, on_sale: "
      "{from: 2026-01-01T00:00:00Z, until: 2036-01-01T00:00:00Z}, dates: [{id: 71, starts_at: "
      "2036-02-01T19:00:00Z, layout: arena, prices: {Standard: 0}}]}\n"));
  for (int piece = 1; piece <= 3; ++piece) {
    const PendingPtr held = office.world.send(hold(fan, office.seat(piece)));
    office.world.lane().run_once();
    if (!held->is_answered()) office.world.lane().run_once();
    EXPECT_TRUE(held->is_answered());
    EXPECT_FALSE(office.world.read_model().catalogue()->event({70})) << "nothing is seen before the end";
  }
  office.world.run();
  ASSERT_TRUE(import->is_answered());
  EXPECT_EQ(import->reply().status, 200) << import->reply().body;
  EXPECT_EQ(office.world.read_model().left({71}), 50'000);
}

TEST(OperatorCalls, charge_a_balance_and_refund_a_paid_seat) {
  Desk office;
  const Visitor fan = office.world.enter(1);
  const auto charged =
      office.ask("POST", "/admin/users/" + fan.user + "/balance/charge", R"({"amount":200000})");
  ASSERT_EQ(charged.status, 200) << charged.body;
  EXPECT_EQ(number(charged.data(), "balance"), 200'000);
  EXPECT_EQ(office.last_log().action, "balance.charge");
  EXPECT_EQ(office.ask("POST", "/admin/users/" + fan.user + "/balance/charge", R"({"amount":0})").code(),
            "INVALID_AMOUNT");
  const std::int64_t id = number(office.world.call(hold(fan, office.seat(1))).data(), "id");
  ASSERT_EQ(office.world.call(pay(fan, id)).status, 200);
  const std::string path = "/admin/reservations/" + std::to_string(id) + "/refund";
  const auto refunded = office.ask("POST", path);
  ASSERT_EQ(refunded.status, 200) << refunded.body;
  EXPECT_EQ(text(refunded.data(), "status"), "REFUNDED");
  EXPECT_EQ(office.last_log().action, "reservation.refund");
  const std::size_t lines = office.store.tables().log.size();
  EXPECT_EQ(office.ask("POST", path).code(), "WRONG_RESERVATION_STATUS");
  EXPECT_EQ(office.store.tables().log.size(), lines) << "a refusal leaves no line";
}

TEST(OperatorCalls, are_idempotent_by_key_R_X5) {
  Desk office;
  const std::string path = "/admin/users/" + user(1) + "/balance/charge";
  const Call charge_once = admin("POST", path, R"({"amount":5})").with_key("k");
  const auto first = office.world.call(charge_once);
  const auto again = office.world.call(charge_once);
  EXPECT_EQ(first.body, again.body);
  EXPECT_EQ(again.header("Idempotency-Hit"), "true");
  EXPECT_EQ(office.world.call(admin("POST", path, R"({"amount":6})").with_key("k")).code(),
            "IDEMPOTENCY_MISMATCH");
  EXPECT_EQ(office.world.call(admin("PATCH", "/admin/events/1", R"({"venue":"X"})").with_key("m")).status,
            200);
  EXPECT_EQ(office.world.call(admin("PATCH", "/admin/events/1", R"({"venue":"X"})").with_key("m"))
                .header("Idempotency-Hit"),
            "true");
}

// A user may have the id that the operator's keys are stored under: in mode `token` a join is believed.
TEST(OperatorCalls, have_keys_that_no_user_can_name_R_X5) {
  Desk office;
  const std::string twin = to_string(identity::Operator{"olga", identity::Role::owner}.user());
  const Visitor fan{twin, text(office.world.call(join(twin, 1)).data(), "token")};
  office.world.run();
  EXPECT_EQ(office.world.call(charge(fan, 7).with_key("k")).status, 200);
  const std::string path = "/admin/users/" + user(1) + "/balance/charge";
  const ApiReply charged = office.world.call(admin("POST", path, R"({"amount":5})").with_key("k"));
  EXPECT_EQ(charged.status, 200) << charged.body;
  EXPECT_EQ(charged.header("Idempotency-Hit"), "");
  EXPECT_EQ(office.world.call(charge(fan, 7).with_key("k")).header("Idempotency-Hit"), "true");
}

TEST(OperatorCalls, show_the_numbers_of_now) {
  Desk office;
  const Visitor fan = office.world.enter(1);
  office.world.enter(2);
  office.world.enter(3);
  office.ask("POST", "/admin/users/" + fan.user + "/balance/charge", R"({"amount":200000})");
  const std::int64_t id = number(office.world.call(hold(fan, office.seat(1))).data(), "id");
  office.world.call(hold(fan, office.seat(2)));
  office.world.call(pay(fan, id));
  const auto live = office.as("viewer-secret", "GET", "/admin/live");
  EXPECT_THAT(
      live.body,
      AllOf(
          HasSubstr(
              R"("waiting":1,"present":1,"active":2,"joined":3,"admittedPerSecond":0,"estimatedWaitSeconds":150,"holds":1,"sold":1,"revenue":110000)"),
          HasSubstr(R"("seatCount":48,"totalSeats":50)")));
}

TEST(OperatorCalls, page_through_the_log_newest_first_R_X6) {
  Desk office;
  for (const auto* venue : {"A", "B", "C"}) {
    office.ask("PATCH", "/admin/events/1", fmt::format(R"({{"venue":"{}"}})", venue));
  }
  const auto page = [&](std::string_view query) {
    Pending pending(nullptr);
    const identity::OperatorKeys keys(kOperatorKeys);
    {
      QueryPool query_pool(1, [&] { return office.store.queries(); });  // has answered when it is gone
      const OperatorDeps deps{office.world.lane(),
                              query_pool,
                              office.world.read_model(),
                              office.world.rooms(),
                              keys,
                              office.clock,
                              nullptr,
                              {}};
      http::Router router;
      add_operator_routes(router, deps);
      const std::vector<http::Header> headers{{"Authorization", "Bearer viewer-secret"}};
      http::Request request;
      request.path = "/admin/log";
      request.raw_query = query;
      request.headers = headers;
      router.find(request).route->handler(request, http::Reply(pending));
    }
    return pending.reply();
  };
  const auto newest = page("limit=2");
  ASSERT_EQ(newest.status, 200) << newest.body;
  ASSERT_EQ(newest.data().as_array().size(), 2U);
  const auto& row = newest.data().as_array()[0];
  EXPECT_EQ(text(row, "operatorName"), "olga");
  EXPECT_EQ(text(row, "action"), "event.change");
  EXPECT_EQ(number(row, "eventId"), 1);
  EXPECT_EQ(row.at("detail").at("request").at("venue").as_string(), "C");
  const std::string cursor = text(newest.json, "nextCursor");
  const auto older = page("limit=2&cursor=" + cursor);
  EXPECT_EQ(older.data().as_array()[0].at("detail").at("request").at("venue").as_string(), "A");
  EXPECT_EQ(text(older.data().as_array()[1], "action"), "catalogue.import");
  EXPECT_TRUE(older.json.at("nextCursor").is_null());
  EXPECT_EQ(page("limit=0").code(), "INVALID_REQUEST");
}

}  // namespace
}  // namespace stagedoor::operators
