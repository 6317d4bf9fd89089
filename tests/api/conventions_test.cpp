// R-X1 – R-X8: what every call has in common.
#include "api/api_test.h"

#include <boost/json/parse.hpp>

namespace stagedoor::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

using Conventions = ApiTest;

// R-X1
TEST_F(Conventions, success_and_refusal_have_one_form_each) {
  const ApiReply good = api.send(list_events());
  EXPECT_TRUE(good.json.at("success").as_bool());
  EXPECT_TRUE(good.json.as_object().contains("data"));
  EXPECT_EQ(good.header("Content-Type"), "application/json");
  const ApiReply bad = api.send(get_event(999));
  EXPECT_FALSE(bad.json.at("success").as_bool());
  EXPECT_FALSE(text(bad.json, "message").empty());
  EXPECT_EQ(bad.header("Content-Type"), "application/json");
  EXPECT_FALSE(bad.json.as_object().contains("details"));
}

// R-X1, section 8
TEST_F(Conventions, unknown_paths_and_methods_are_refused_in_that_form_too) {
  expect_refusal({.method = "GET", .target = "/nothing"}, 404, "NOT_FOUND");
  expect_refusal({.method = "GET", .target = "/events/1/seats/2/3"}, 404, "NOT_FOUND");
  expect_refusal({.method = "GET", .target = "/%2e%2e/etc/passwd"}, 404, "NOT_FOUND");
  const ApiReply wrong = api.send({.method = "PUT", .target = "/queue", .body = "{}"});
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.code(), "METHOD_NOT_ALLOWED");
  EXPECT_EQ(wrong.header("Allow"), "GET, HEAD, POST, DELETE");
  EXPECT_EQ(api.send({.method = "DELETE", .target = "/events"}).header("Allow"), "GET, HEAD");
}

// R-X1
TEST_F(Conventions, a_body_that_is_no_json_is_refused_with_the_place) {
  for (const char* body :
       {"", "{", "{]", "nonsense", "{\"userId\":}", "{} {}", "\x80", "{\"a\":\"\\ud800\"}"}) {
    const ApiReply reply = api.send({.method = "POST", .target = "/queue", .body = body});
    EXPECT_EQ(reply.status, 400) << body << reply.body;
    EXPECT_EQ(reply.code(), "INVALID_REQUEST") << body;
    EXPECT_FALSE(error_paths(reply).empty()) << body;
  }
}

// R-X3
TEST_F(Conventions, a_field_that_stands_twice_is_an_error) {
  const std::string me = new_user();
  const ApiReply reply = api.send({.method = "POST",
                                   .target = "/queue",
                                   .body = R"({"userId":")" + me + R"(","eventId":1,"eventId":2})"});
  EXPECT_EQ(reply.status, 400) << reply.body;
  EXPECT_THAT(error_paths(reply), ElementsAre("eventId"));
}

// R-X3: a body may be wrong in thousands of places. The answer lists 20 and counts the others.
TEST_F(Conventions, a_body_that_is_wrong_everywhere_gets_a_short_answer) {
  const Visitor who = fan();
  const auto list_of = [](std::string_view element, std::size_t bytes) {
    std::string list;
    while (list.size() < bytes) list.append(list.empty() ? "[" : ",").append(element);
    return list + "]";
  };
  std::string unknown = "{";
  for (int i = 0; unknown.size() < 60'000; ++i) unknown += (i ? ",\"a" : "\"a") + std::to_string(i) + "\":1";
  std::string repeated = "{";
  while (repeated.size() < 60'000) repeated += "\"a\":1,";
  repeated += "\"userId\":1}";
  const Call calls[] = {
      {.method = "POST", .target = "/queue", .body = unknown + "}"},
      {.method = "POST", .target = "/queue", .body = repeated},
      {.method = "POST", .target = "/queue", .body = "{\"" + std::string(60'000, 'k') + "\":1}"},
      {.method = "POST", .target = "/queue", .body = "{\"userId\":" + list_of("[]", 60'000) + "}"},
      {.method = "PUT",
       .target = "/events/reservations/1/pay",
       .token = who.token,
       .body = "{\"reservationIds\":" + list_of("0", 60'000) + "}"},
      {.method = "POST",
       .target = "/events/seats",
       .token = who.token,
       .body = "{\"seatIds\":" + list_of("\"x\"", 60'000) + "}"},
  };
  for (const Call& call : calls) {
    const ApiReply reply = api.send(call);
    EXPECT_EQ(reply.status, 400) << call.body.substr(0, 40);
    EXPECT_EQ(reply.code(), "INVALID_REQUEST") << call.body.substr(0, 40);
    EXPECT_LT(reply.body.size(), 8'000U) << call.body.substr(0, 40);
    EXPECT_LE(error_paths(reply).size(), 20U) << call.body.substr(0, 40);
  }
  const ApiReply many = api.send(calls[0]);
  EXPECT_EQ(error_paths(many).size(), 20U);
  EXPECT_GT(number(many.json, "moreDetails"), 1000);
}

// R-X3, R-W5: faults of the path, the headers and the body, those of the amount among them.
TEST_F(Conventions, all_faults_of_a_request_are_told_at_once) {
  const Visitor who = fan();
  const auto paths_of = [&](Call call, std::string_view code) {
    const ApiReply reply = api.send(call);
    EXPECT_EQ(reply.status, 400) << reply.body;
    EXPECT_EQ(reply.code(), code) << reply.body;
    return error_paths(reply);
  };
  Call charging = charge(who, 0);
  EXPECT_THAT(paths_of(charging, "INVALID_AMOUNT"), ElementsAre("amount"));
  charging.body = R"({"amount":0,"x":null})";
  EXPECT_THAT(paths_of(charging, "INVALID_AMOUNT"), UnorderedElementsAre("amount", "x"));
  charging.body = R"({"amount":100000001,"x":1})";
  charging.idempotency_key = std::string(256, 'k');
  EXPECT_THAT(paths_of(charging, "INVALID_AMOUNT"), UnorderedElementsAre("amount", "x", "Idempotency-Key"));
  charging.target = "/users/nobody/balance/charge";
  EXPECT_THAT(paths_of(charging, "INVALID_AMOUNT"),
              UnorderedElementsAre("userId", "amount", "x", "Idempotency-Key"));
  charging.body = R"({"amount":1,"x":1})";
  EXPECT_THAT(paths_of(charging, "INVALID_REQUEST"), UnorderedElementsAre("userId", "x", "Idempotency-Key"));
  const auto get = [&](const std::string& target) {
    return Call{.method = "GET", .target = target, .token = who.token};
  };
  EXPECT_THAT(paths_of(get("/users/x/reservations?status=SOLD&limit=0&cursor=x"), "INVALID_REQUEST"),
              UnorderedElementsAre("userId", "status", "limit", "cursor"));
  EXPECT_THAT(paths_of(get("/events/x/dates?include=some"), "INVALID_REQUEST"),
              UnorderedElementsAre("eventId", "include"));
  EXPECT_THAT(paths_of(get("/events/x/seats?date=today&status=SOLD"), "INVALID_REQUEST"),
              UnorderedElementsAre("eventId", "date", "status"));
  EXPECT_THAT(paths_of(get("/events/properties/x/seats?status=SOLD"), "INVALID_REQUEST"),
              UnorderedElementsAre("eventDateId", "status"));
}

// R-X3: authentic, then faults, then what is somebody else's.
TEST_F(Conventions, faults_are_told_to_authentic_callers_only_and_before_other_refusals) {
  const Visitor who = fan();
  for (const char* target : {"/events/x/dates?include=some", "/events/properties/x/seats", "/users/x/balance",
                             "/events/properties/x/seats/stream"}) {
    expect_refusal({.method = "GET", .target = target}, 401, "TOKEN_NOT_FOUND");
    expect_refusal({.method = "GET", .target = target, .token = who.token}, 400, "INVALID_REQUEST");
  }
  expect_refusal({.method = "GET", .target = "/users/" + user(1) + "/reservations", .token = who.token}, 403,
                 "FORBIDDEN");
  expect_refusal(
      {.method = "GET", .target = "/users/" + user(1) + "/reservations?limit=0", .token = who.token}, 400,
      "INVALID_REQUEST");
}

// R-X3
TEST_F(Conventions, unknown_query_parameters_are_ignored) {
  const Visitor who = fan();
  EXPECT_EQ(api.send({.method = "GET", .target = "/events?utm_source=x&status=ON_SALE"}).status, 200);
  EXPECT_EQ(api.send({.method = "GET", .target = "/queue?x=1", .token = who.token}).status, 200);
  Call charging = charge(who, 1);
  charging.target += "?x=1";
  EXPECT_EQ(api.send(charging).status, 200);
}

// R-X2
TEST_F(Conventions, ids_may_be_numbers_or_numeric_texts_and_nothing_else) {
  const auto joins_with = [&](const std::string& event) {
    return api.send({.method = "POST",
                     .target = "/queue",
                     .body = R"({"userId":")" + new_user() + R"(","eventId":)" + event + "}"});
  };
  EXPECT_EQ(joins_with("1").status, 201);
  EXPECT_EQ(joins_with("\"1\"").status, 201);
  EXPECT_EQ(joins_with("null").code(), "EVENT_ID_REQUIRED");
  for (const char* wrong : {"0", "-1", "1.0", "1.5", "1e0", "\"\"", "\" 1\"", "\"1x\"", "\"+1\"", "\"0x1\"",
                            "true", "[1]", "99999999999999999999", "\"99999999999999999999\""}) {
    const ApiReply reply = joins_with(wrong);
    EXPECT_EQ(reply.status, 400) << wrong << ' ' << reply.body;
    EXPECT_EQ(reply.code(), "INVALID_REQUEST") << wrong;
  }
}

// R-X2
TEST_F(Conventions, users_are_uuids_in_either_case) {
  const std::string me = "ABCDEF00-0000-4000-8000-00000000ABCD";
  const ApiReply reply = api.send(join(me, kClub));
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(text(reply.data(), "userId"), "abcdef00-0000-4000-8000-00000000abcd");
  for (const char* wrong : {"", "1", "abcdef0000004000800000000000abcd",
                            "{abcdef00-0000-4000-8000-00000000abcd}", "abcdef00-0000-4000-8000-00000000abcg"})
    EXPECT_EQ(api.send(join(wrong, kClub)).code(), "INVALID_REQUEST") << wrong;
}

// R-X5
TEST_F(Conventions, the_same_request_with_the_same_key_gives_the_first_answer_again) {
  const Visitor who = fan(kClub, 1'000'000);
  const std::int64_t seat = free_seat(who);
  const ApiReply held = api.send(hold(who, seat).with_key("h"));
  const std::int64_t id = number(held.data(), "id");
  const ApiReply charged = api.send(charge(who, 100).with_key("c"));
  const ApiReply paid = api.send(pay(who, id).with_key("p"));
  const ApiReply refunded = api.send(refund(who, id).with_key("r"));
  const auto again = [&](const Call& call, const ApiReply& first) {
    const ApiReply reply = api.send(call);
    EXPECT_EQ(reply.status, first.status) << call.target;
    EXPECT_EQ(reply.body, first.body) << call.target;
    EXPECT_EQ(reply.header("Idempotency-Hit"), "true") << call.target;
    EXPECT_EQ(first.header("Idempotency-Hit"), "") << call.target;
  };
  again(hold(who, seat).with_key("h"), held);
  again(charge(who, 100).with_key("c"), charged);
  again(pay(who, id).with_key("p"), paid);  // although it has ended the visit
  again(refund(who, id).with_key("r"), refunded);
  EXPECT_EQ(number(api.send(get_balance(who)).data(), "balance"), 1'000'100);
}

// R-X5
TEST_F(Conventions, leaving_and_cancelling_can_be_repeated_with_their_key) {
  const Visitor who = fan();
  const std::int64_t id = new_hold(who);
  const ApiReply over = api.send(cancel(who, id).with_key("x"));
  EXPECT_EQ(api.send(cancel(who, id).with_key("x")).body, over.body);
  Call leaving = leave(who.token);
  const ApiReply left = api.send(leaving.with_key("l"));
  const ApiReply again = api.send(leaving.with_key("l"));
  EXPECT_EQ(again.body, left.body);
  EXPECT_EQ(again.header("Idempotency-Hit"), "true");
}

// R-X5: the token names the place that is left, so another place is another request.
TEST_F(Conventions, a_key_used_to_leave_one_place_leaves_no_other) {
  const std::string me = new_user();
  const Visitor first = enter(api, me, kClub), elsewhere = enter(api, me, kWindows);
  api.send(leave(first.token).with_key("l"));
  expect_refusal(leave(elsewhere.token).with_key("l"), 409, "IDEMPOTENCY_MISMATCH");
  const Visitor next = enter(api, me, kClub);
  expect_refusal(leave(next.token).with_key("l"), 409, "IDEMPOTENCY_MISMATCH");
  EXPECT_EQ(text(api.send(queue_status(next.token)).data(), "status"), "ACTIVATED");
  EXPECT_EQ(api.send(leave(next.token).with_key("m")).status, 200);
  EXPECT_EQ(text(api.send(queue_status(next.token)).data(), "status"), "EXPIRED");
}

// R-X5: no token is stored with a key.
TEST_F(Conventions, leaving_answers_no_token_and_joining_ignores_the_key) {
  const std::string me = new_user();
  const ApiReply joined = api.send(join(me, kClub).with_key("j"));
  EXPECT_EQ(joined.status, 201);
  const ApiReply again = api.send(join(me, kClub).with_key("j"));
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.header("Idempotency-Hit"), "");
  EXPECT_EQ(api.send(join(me, kWindows).with_key("j")).status, 201);
  EXPECT_EQ(api.send(join(new_user(), kClub).with_key("not a key")).status, 201);
  const ApiReply left = api.send(leave(text(joined.data(), "token")).with_key("l"));
  EXPECT_EQ(text(left.data(), "status"), "EXPIRED");
  EXPECT_EQ(number(left.data(), "position"), 0);
  EXPECT_FALSE(left.data().as_object().contains("token"));
}

// R-X5
TEST_F(Conventions, an_optional_body_may_be_absent_empty_or_an_empty_object) {
  const Visitor who = fan(kClub, 500'000);
  const std::int64_t last = new_hold(who);  // with it the visit goes on
  const std::vector<std::string> bodies{"", "{}", " { }\n"};
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    Call paying = pay(who, new_hold(who)).with_key("p" + std::to_string(i));
    paying.body = bodies[i];
    const ApiReply paid = api.send(paying);
    ASSERT_EQ(paid.status, 200) << bodies[i] << paid.body;
    EXPECT_EQ(text(paid.data(), "status"), "PAID");
    for (const std::string& other : bodies) {
      paying.body = other;
      EXPECT_EQ(api.send(paying).body, paid.body) << i << ", then " << other;
    }
  }
  Call cancelling = cancel(who, last).with_key("c");
  const ApiReply cancelled = api.send(cancelling);
  cancelling.body = "{}";
  EXPECT_EQ(api.send(cancelling).header("Idempotency-Hit"), "true") << cancelled.body;
}

// R-X5
TEST_F(Conventions, a_key_used_for_another_request_is_refused) {
  const Visitor who = fan();
  api.send(charge(who, 100).with_key("k"));
  expect_refusal(charge(who, 101).with_key("k"), 409, "IDEMPOTENCY_MISMATCH");
  expect_refusal(hold(who, free_seat(who)).with_key("k"), 409, "IDEMPOTENCY_MISMATCH");
  EXPECT_EQ(number(api.send(get_balance(who)).data(), "balance"), 100);
  const Visitor other = fan();
  EXPECT_EQ(api.send(charge(other, 101).with_key("k")).status, 200);  // a key is its user's
}

// R-X5
TEST_F(Conventions, a_refusal_is_not_remembered) {
  const Visitor who = fan();
  const std::int64_t id = new_hold(who);
  expect_refusal(pay(who, id).with_key("p"), 402, "NOT_ENOUGH_BALANCE");
  api.send(charge(who, 110'000));
  EXPECT_EQ(api.send(pay(who, id).with_key("p")).status, 200);
}

// R-X5: authentic, then idempotency, then turn.
TEST_F(Conventions, idempotency_stands_between_authenticity_and_turn) {
  const Visitor who = fan();
  const std::int64_t seat = free_seat(who);
  api.send(hold(who, seat).with_key("h"));
  api.send(leave(who.token));
  EXPECT_EQ(api.send(hold(who, seat).with_key("h")).status, 201);
  expect_refusal(hold(who, seat).with_key("other"), 401, "TOKEN_EXPIRED");
  expect_refusal(hold(who, seat + 1).with_key("h"), 409, "IDEMPOTENCY_MISMATCH");
  expect_refusal(hold({who.user, "Bearer x"}, seat).with_key("h"), 401, "TOKEN_NOT_FOUND");
}

// R-X5
TEST_F(Conventions, a_key_has_at_most_255_characters) {
  const Visitor who = fan();
  EXPECT_EQ(api.send(charge(who, 1).with_key(std::string(255, 'k'))).status, 200);
  const ApiReply reply = api.send(charge(who, 1).with_key(std::string(256, 'k')));
  EXPECT_EQ(reply.code(), "INVALID_REQUEST");
  EXPECT_THAT(error_paths(reply), ElementsAre("Idempotency-Key"));
}

// R-X8
TEST_F(Conventions, the_document_names_every_call) {
  const ApiReply reply = api.send({.method = "GET", .target = "/openapi.json"});
  ASSERT_EQ(reply.status, 200);
  EXPECT_EQ(text(reply.json, "openapi").substr(0, 3), "3.1");
  const auto& paths = reply.json.at("paths").as_object();
  for (const char* path :
       {"/queue", "/events", "/events/{eventId}", "/events/{eventId}/dates", "/events/{eventId}/seats",
        "/events/properties/{eventDateId}/seats", "/events/seats", "/events/reservations/{id}",
        "/events/reservations/{id}/pay", "/events/reservations/{id}/refund", "/users/{userId}/balance",
        "/users/{userId}/balance/charge", "/users/{userId}/balance/history", "/users/{userId}/reservations",
        "/users/{userId}/payments", "/payments/{id}"})
    EXPECT_TRUE(paths.contains(path)) << path;
}

// R-O4
TEST_F(Conventions, health_readiness_and_metrics_are_open) {
  EXPECT_EQ(api.send({.method = "GET", .target = "/healthz"}).status, 200);
  EXPECT_EQ(api.send({.method = "GET", .target = "/readyz"}).status, 200);
  fan();
  const std::string metrics = api.send({.method = "GET", .target = "/metrics"}).body;
  for (const char* name : {"stagedoor_commits_total", "stagedoor_batch_size", "stagedoor_commands_total"})
    EXPECT_THAT(metrics, HasSubstr(name));
}

// R-O4: the log has no token, no key and no body of a person.
TEST_F(Conventions, the_log_keeps_secrets_and_people_out) {
  const Visitor who = fan(kClub, 123'456);
  api.send(hold(who, free_seat(who)).with_key("very-private-key"));
  api.send({.method = "POST",
            .target = "/queue",
            .token = who.token,
            .body = "{\"userId\":\"very-private-body\"}"});
  api.send({.method = "GET", .target = "/queue?token=" + who.token.substr(7), .token = who.token});
  for (std::size_t i = 0; i < sale().size(); ++i) {
    const std::string log = sale().server(i).log();
    EXPECT_THAT(log, Not(HasSubstr(who.token.substr(7))));
    EXPECT_THAT(log, Not(HasSubstr("very-private")));
    EXPECT_THAT(log, Not(HasSubstr("123456")));
    EXPECT_THAT(log, Not(HasSubstr(std::string(kOwnerKey))));
  }
}

// Section 8
TEST_F(Conventions, a_body_over_64_kib_is_too_large) {
  expect_refusal({.method = "POST", .target = "/queue", .body = std::string(65 * 1024, ' ')}, 413,
                 "PAYLOAD_TOO_LARGE");
}

// R-X1: bytes in, numbers out: what is no UTF-8 never comes back.
TEST_F(Conventions, names_of_unknown_fields_come_back_as_sound_json) {
  const ApiReply reply = api.send(
      {.method = "POST", .target = "/queue", .body = R"({"userId":"x","\u0000\"<script>\u20ac":1})"});
  EXPECT_EQ(reply.status, 400);
  EXPECT_FALSE(reply.json.is_null()) << reply.body;
}

}  // namespace
}  // namespace stagedoor::test
