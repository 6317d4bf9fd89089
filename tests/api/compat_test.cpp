// The setting http.compat: seven calls in the spelling of an older API, answered by the calls of this one.
#include "api/api_test.h"

#include <fmt/format.h>

namespace stagedoor::test {
namespace {

using testing::ElementsAre;
using testing::Not;

Call post(const std::string& target, const std::string& body, const std::string& token = "") {
  Call call{.method = "POST", .target = target, .body = body};
  if (!token.empty()) call.headers.emplace_back("queue-token", token);
  return call;
}
Call get(const std::string& target, const std::string& token = "") {
  Call call{.method = "GET", .target = target};
  if (!token.empty()) call.headers.emplace_back("queue-token", token);
  return call;
}
std::vector<std::string> names(const boost::json::value& object) {
  std::vector<std::string> all;
  for (const auto& member : object.as_object()) all.emplace_back(member.key());
  return all;
}

class Compat : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    sale_ = std::make_unique<Deployment>(
        std::string(kSale),
        Settings{{"http.compat", "true"}, {"queue.default_event", std::to_string(kClub)}});
  }
  static void TearDownTestSuite() { sale_.reset(); }
  using Settings = std::vector<std::pair<std::string, std::string>>;

  // A success has status 200.
  boost::json::value data(const Call& call) {
    const ApiReply reply = api.send(call);
    EXPECT_EQ(reply.status, 200) << call.target << reply.body;
    return reply.data();
  }
  // {success, message, code} and nothing else.
  void expect_refusal(const Call& call, int status, std::string_view code) {
    const ApiReply reply = api.send(call);
    EXPECT_EQ(reply.status, status) << call.target << reply.body;
    EXPECT_EQ(reply.code(), code) << call.target << reply.body;
    EXPECT_THAT(names(reply.json), ElementsAre("success", "message", "code"));
    EXPECT_FALSE(reply.json.at("success").as_bool());
  }
  static std::string new_user() { return user(900'000 + ++last_user_); }
  // The token of a user who is inside.
  std::string enter(const std::string& user) {
    const std::string body = fmt::format(R"({{"userId":"{}"}})", user);
    boost::json::value issued = data(post("/queue/issue", body));
    for (int i = 0; i < 1000 && text(issued, "status") != "active"; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      issued = data(post("/queue/issue", body));
    }
    EXPECT_EQ(text(issued, "status"), "active");
    return text(issued, "token");
  }
  std::string seat_of(const std::string& token, std::size_t index) {
    const auto seats = data(get("/concert/available-seats?concertScheduleId=1", token));
    return fmt::format(R"({{"seatId":{}}})", number(seats.at(index), "id"));
  }

  Api api{sale_->urls()};
  static inline std::unique_ptr<Deployment> sale_;

 private:
  static inline int last_user_ = 0;
};

TEST_F(Compat, sells_a_seat_in_the_other_spelling) {
  const std::string me = new_user();
  const auto issued = data(post("/queue/issue", fmt::format(R"({{"userId":"{}"}})", me)));
  EXPECT_THAT(names(issued), ElementsAre("token", "status"));
  const std::string token = enter(me);
  EXPECT_THAT(token, Not(testing::HasSubstr(" ")));

  const auto dates = data(get("/concert/available-dates", token));
  EXPECT_THAT(names(dates.at(0)), ElementsAre("id", "totalSeats", "reservedSeats", "open_at", "close_at"));
  EXPECT_EQ(number(dates.at(0), "id"), 1);
  EXPECT_EQ(number(dates.at(0), "totalSeats"), 50);
  EXPECT_EQ(text(dates.at(0), "open_at"), "2096-02-01T10:00:00.000Z");
  EXPECT_EQ(text(dates.at(0), "close_at"), "2096-01-01T00:00:00.000Z");

  const auto seats = data(get("/concert/available-seats?concertScheduleId=1", token));
  EXPECT_THAT(names(seats.at(0)), ElementsAre("id", "seatNumber", "price"));
  EXPECT_EQ(number(seats.at(0), "price"), 110'000);
  const std::string seat = fmt::format(R"({{"seatId":{}}})", number(seats.at(0), "id"));

  const auto held = data(post("/reservation", seat, token));
  EXPECT_THAT(names(held), ElementsAre("id", "seat", "status", "created_at"));
  EXPECT_THAT(names(held.at("seat")), ElementsAre("id", "isActive", "seatNumber"));
  EXPECT_EQ(number(held.at("seat"), "id"), number(seats.at(0), "id"));
  EXPECT_FALSE(held.at("seat").at("isActive").as_bool());
  EXPECT_EQ(text(held.at("seat"), "seatNumber"), text(seats.at(0), "seatNumber"));
  EXPECT_EQ(text(held, "status"), "PENDING");
  const auto after = data(get("/concert/available-dates", token));
  EXPECT_EQ(number(after.at(0), "reservedSeats"), number(dates.at(0), "reservedSeats") + 1);

  expect_refusal(post("/payment", seat, token), 402, "NOT_ENOUGH_BALANCE");
  EXPECT_EQ(number(data(get("/user/check?userId=" + me)), "balance"), 0);
  const auto charged = data(post("/user/charge", fmt::format(R"({{"amount":150000,"userId":"{}"}})", me)));
  EXPECT_THAT(names(charged), ElementsAre("balance"));
  EXPECT_EQ(number(charged, "balance"), 150'000);

  const auto paid = data(post("/payment", seat, token));
  EXPECT_THAT(names(paid),
              ElementsAre("seatNumber", "concertName", "openDate", "closeDate", "totalAmount", "status"));
  EXPECT_EQ(text(paid, "seatNumber"), text(seats.at(0), "seatNumber"));
  EXPECT_EQ(text(paid, "concertName"), "Winter Club Night");
  EXPECT_EQ(text(paid, "openDate"), "2096-02-01T10:00:00.000Z");
  EXPECT_EQ(text(paid, "closeDate"), "2096-01-01T00:00:00.000Z");
  EXPECT_EQ(number(paid, "totalAmount"), 110'000);
  EXPECT_EQ(text(paid, "status"), "PAID");
  EXPECT_EQ(number(data(get("/user/check?userId=" + me)), "balance"), 40'000);
}

TEST_F(Compat, tells_the_status_of_a_place_by_the_other_words) {
  Deployment full(std::string(kSale),
                  Settings{{"http.compat", "true"}, {"queue.default_event", std::to_string(kFull)}});
  Api its(full.urls());
  const auto status_of = [&](const std::string& who) {
    return text(its.send(post("/queue/issue", fmt::format(R"({{"userId":"{}"}})", who))).data(), "status");
  };
  const std::string first = user(1), second = user(2);
  status_of(first);
  for (int i = 0; i < 1000 && status_of(first) != "active"; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(status_of(first), "active");
  EXPECT_EQ(status_of(second), "pending");
}

TEST_F(Compat, refuses_with_400_what_this_api_tells_apart) {
  const std::string token = enter(new_user()), other = enter(new_user());
  const std::string seat = seat_of(token, 0);
  data(post("/reservation", seat, token));
  expect_refusal(post("/reservation", seat, other), 400, "SEAT_OCCUPIED");                        // 409
  expect_refusal(post("/reservation", R"({"seatId":999999999})", other), 400, "SEAT_NOT_FOUND");  // 404
  expect_refusal(post("/payment", seat, other), 400, "RESERVATION_NOT_FOUND");
  expect_refusal(get("/concert/available-seats?concertScheduleId=999", token), 400, "EVENT_DATE_NOT_FOUND");
  expect_refusal(get("/concert/available-seats", token), 400, "INVALID_REQUEST");
  expect_refusal(get("/concert/available-seats?concertScheduleId=x", token), 400, "INVALID_REQUEST");
  expect_refusal(get("/user/check?userId=kim"), 400, "INVALID_REQUEST");
  expect_refusal(post("/queue/issue", R"({"userId":"kim"})"), 400, "INVALID_REQUEST");
  expect_refusal(post("/reservation", R"({"seatId":1,"x":1})", token), 400, "INVALID_REQUEST");
  for (const char* amount : {"0", "-1", "1.5", "\"x\"", "100000001"}) {
    expect_refusal(post("/user/charge", fmt::format(R"({{"amount":{},"userId":"{}"}})", amount, user(1))),
                   400, "INVALID_AMOUNT");
  }
  for (const Call& call :
       {get("/concert/available-dates"), get("/concert/available-seats?concertScheduleId=1"),
        post("/reservation", seat), post("/payment", seat)})
    expect_refusal(call, 401, "TOKEN_NOT_FOUND");
  EXPECT_NE(api.send(post("/payment", seat)).header("WWW-Authenticate"), "");
}

// R-X5
TEST_F(Compat, takes_idempotency_keys) {
  const std::string me = new_user(), token = enter(me), seat = seat_of(token, 1);
  const Call charging =
      post("/user/charge", fmt::format(R"({{"amount":110000,"userId":"{}"}})", me)).with_key("c");
  const ApiReply charged = api.send(charging);
  EXPECT_EQ(api.send(charging).body, charged.body);
  EXPECT_EQ(api.send(charging).header("Idempotency-Hit"), "true");
  expect_refusal(post("/user/charge", fmt::format(R"({{"amount":1,"userId":"{}"}})", me)).with_key("c"), 400,
                 "IDEMPOTENCY_MISMATCH");
  data(post("/reservation", seat, token).with_key("r"));
  EXPECT_EQ(api.send(post("/reservation", seat, token).with_key("r")).header("Idempotency-Hit"), "true");
  const ApiReply paid = api.send(post("/payment", seat, token).with_key("p"));
  EXPECT_EQ(paid.status, 200) << paid.body;
  EXPECT_EQ(api.send(post("/payment", seat, token).with_key("p")).body, paid.body);
  expect_refusal(post("/payment", seat, token).with_key("q"), 400, "RESERVATION_ALREADY_PAID");
}

// R-W8: where only operators charge, this spelling charges nobody.
TEST(CompatRules, charging_is_for_operators_where_it_is) {
  Deployment sale(std::string(kSale), {{"http.compat", "true"}, {"wallet.charge_by", "operator"}});
  Api api(sale.urls());
  const ApiReply reply =
      api.send(post("/user/charge", fmt::format(R"({{"amount":1,"userId":"{}"}})", user(1))));
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.code(), "FORBIDDEN");
}

// R-A2
TEST(CompatRules, the_limits_of_the_other_calls_hold) {
  Deployment sale(std::string(kSale), {{"http.compat", "true"},
                                       {"queue.default_event", "1"},
                                       {"limits.exempt", "192.0.2.1"},
                                       {"limits.read", "0,1/h"},
                                       {"limits.write", "1000/s+1000,1/h"}});
  Api api(sale.urls());
  const Visitor who = enter(api, user(1), kClub);
  const auto statuses = [&](const Call& call) {
    std::vector<int> all;
    for (std::size_t i = 0; i < 4 * sale.size(); ++i) all.push_back(api.send(call).status);
    return all;
  };
  const std::string token = who.token.substr(7);
  EXPECT_THAT(statuses(get("/concert/available-seats?concertScheduleId=1", token)), testing::Contains(429));
  EXPECT_THAT(statuses(post("/user/charge", fmt::format(R"({{"amount":1,"userId":"{}"}})", who.user))),
              testing::Contains(429));
  EXPECT_EQ(api.send(charge(who, 1)).status, 200) << "others cannot use up the user's own limit";
}

TEST(CompatRules, are_off_by_default_and_need_mode_token) {
  Deployment sale{std::string(kSale)};
  Api api(sale.urls());
  for (const Call& call :
       {post("/queue/issue", "{}"), get("/concert/available-dates"),
        get("/concert/available-seats?concertScheduleId=1"), post("/reservation", "{}"),
        post("/user/charge", "{}"), get("/user/check?userId=" + user(1)), post("/payment", "{}")})
    EXPECT_EQ(api.send(call).status, 404) << call.target;
  const CommandResult refused =
      sale.server().run({"verify-config", "--http.compat=true", "--auth.mode=gateway"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err + refused.out, testing::HasSubstr("http.compat needs auth.mode = token"));
}

}  // namespace
}  // namespace stagedoor::test
