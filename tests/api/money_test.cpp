// R-W1 – R-W3, R-W5, R-W6, R-P1 – R-P8: balance, history, payment, refund.
#include "api/api_test.h"

namespace stagedoor::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Money : public ApiTest {
 protected:
  Call charge_with(const Visitor& who, std::string body) {
    return {.method = "PUT",
            .target = "/users/" + who.user + "/balance/charge",
            .token = who.token,
            .body = std::move(body)};
  }
  std::int64_t balance(const Visitor& who) { return number(api.send(get_balance(who)).data(), "balance"); }
  boost::json::array history(const Visitor& who) { return api.send(balance_history(who)).data().as_array(); }
};

// R-W1
TEST_F(Money, a_user_never_seen_has_nothing) {
  const Visitor who = fan();
  const ApiReply reply = api.send(get_balance(who));
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(reply.data().at("id").is_null());
  EXPECT_EQ(text(reply.data(), "userId"), who.user);
  EXPECT_EQ(number(reply.data(), "balance"), 0);
  EXPECT_THAT(history(who), IsEmpty());
}

// R-W2
TEST_F(Money, a_charge_is_answered_with_its_row_of_the_history) {
  const Visitor who = fan();
  const ApiReply reply = api.send(charge(who, 5000));
  ASSERT_EQ(reply.status, 200);
  EXPECT_EQ(text(reply.data(), "userId"), who.user);
  EXPECT_EQ(text(reply.data(), "type"), "CHARGE");
  EXPECT_EQ(number(reply.data(), "amount"), 5000);
  EXPECT_EQ(number(reply.data(), "balance"), 5000);
  api.send(charge(who, 1));
  const auto rows = history(who);
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(number(rows[1], "id"), number(reply.data(), "id"));
  EXPECT_EQ(number(rows[0], "balanceAfter"), 5001);
  EXPECT_FALSE(rows[0].as_object().contains("reservationId"));
  const ApiReply wallet = api.send(get_balance(who));
  EXPECT_EQ(number(wallet.data(), "balance"), 5001);
  EXPECT_GT(number(wallet.data(), "id"), 0);
}

// R-W5
TEST_F(Money, only_whole_amounts_within_the_limit_can_be_charged) {
  const Visitor who = fan();
  for (const char* amount : {"0", "-1", "1.5", "1.0", "\"a lot\"", "\"100\"", "null", "true", "[]",
                             "100000001", "99999999999999999999", "1e3"}) {
    const ApiReply reply = api.send(charge_with(who, std::string(R"({"amount":)") + amount + "}"));
    EXPECT_EQ(reply.status, 400) << amount << ": " << reply.body;
    EXPECT_EQ(reply.code(), "INVALID_AMOUNT") << amount;
    EXPECT_THAT(error_paths(reply), ElementsAre("amount")) << amount;
  }
  expect_refusal(charge_with(who, "{}"), 400, "INVALID_AMOUNT");
  expect_refusal(charge_with(who, R"({"amount":5,"currency":"KRW"})"), 400, "INVALID_REQUEST");
  EXPECT_EQ(balance(who), 0);
  EXPECT_EQ(api.send(charge(who, 100'000'000)).status, 200);
  expect_refusal(charge(who, 1), 409, "BALANCE_LIMIT_EXCEEDED");
  EXPECT_EQ(balance(who), 100'000'000);
}

// R-W8, R-S11
TEST_F(Money, another_users_wallet_is_forbidden) {
  const Visitor who = fan(), other = fan();
  const Visitor thief{who.user, other.token};
  expect_refusal(get_balance(thief), 403, "FORBIDDEN");
  expect_refusal(charge(thief, 1), 403, "FORBIDDEN");
  expect_refusal(balance_history(thief), 403, "FORBIDDEN");
  expect_refusal(list_reservations(thief), 403, "FORBIDDEN");
  expect_refusal({.method = "GET", .target = "/users/" + who.user + "/payments", .token = other.token}, 403,
                 "FORBIDDEN");
  expect_refusal(get_balance({who.user, ""}), 401, "TOKEN_NOT_FOUND");
  expect_refusal(get_balance({"nobody", who.token}), 400, "INVALID_REQUEST");
}

// R-W8: whose turn it is does not matter for one's own money.
TEST_F(Money, the_owner_may_charge_with_any_authentic_token) {
  const Visitor who = fan();
  api.send(leave(who.token));
  EXPECT_EQ(api.send(charge(who, 10)).status, 200);
  enter(api, user(900'000), kFull);
  const Visitor waiting{who.user, text(api.send(join(who.user, kFull)).data(), "token")};
  EXPECT_EQ(api.send(charge(waiting, 10)).status, 200);
}

// R-W8
TEST_F(Money, charging_may_be_reserved_for_operators) {
  ServerProcess alone({.catalogue = std::string(kSale), .settings = {{"wallet.charge_by", "operator"}}});
  Api its_api(alone.url());
  const Visitor who = enter(its_api, user(1), kClub);
  const ApiReply refused = its_api.send(charge(who, 10));
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.code(), "FORBIDDEN");
}

// R-W3, R-X6
TEST_F(Money, the_history_pages_from_the_newest) {
  const Visitor who = fan();
  for (int i = 1; i <= 7; ++i) api.send(charge(who, i));
  std::vector<std::int64_t> amounts;
  std::string cursor;
  for (int pages = 1; pages <= 4; ++pages) {
    const ApiReply page = api.send({.method = "GET",
                                    .target = "/users/" + who.user + "/balance/history?limit=2" + cursor,
                                    .token = who.token});
    for (const auto& row : page.data().as_array()) amounts.push_back(number(row, "amount"));
    if (page.json.at("nextCursor").is_null()) break;
    cursor = "&cursor=" + text(page.json, "nextCursor");
  }
  EXPECT_THAT(amounts, ElementsAre(7, 6, 5, 4, 3, 2, 1));
}

// R-P1, R-P2, R-P8
TEST_F(Money, a_payment_takes_the_price_and_gives_the_seat) {
  const Visitor who = fan(kClub, 300'000);
  const std::int64_t id = new_hold(who);
  const ApiReply reply = api.send(pay(who, id));
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto& paid = reply.data();
  EXPECT_EQ(number(paid, "id"), id);
  EXPECT_EQ(text(paid, "status"), "PAID");
  EXPECT_EQ(text(paid, "eventStartDate"), "2096-02-01T10:00:00.000Z");
  EXPECT_FALSE(text(paid, "paidAt").empty());
  EXPECT_EQ(balance(who), 190'000);
  const auto newest = history(who).at(0);
  EXPECT_EQ(text(newest, "type"), "USE");
  EXPECT_EQ(number(newest, "amount"), 110'000);
  EXPECT_EQ(number(newest, "reservationId"), id);

  const ApiReply payment = api.send(get_payment(who, number(paid, "paymentId")));
  EXPECT_EQ(text(payment.data(), "userId"), who.user);
  EXPECT_EQ(number(payment.data(), "total"), 110'000);
  EXPECT_EQ(text(payment.data(), "status"), "PAID");
  const auto& seat = payment.data().at("reservations").at(0);
  EXPECT_EQ(number(seat, "id"), id);
  EXPECT_EQ(text(seat, "eventName"), "Winter Club Night");
  EXPECT_EQ(number(seat, "price"), 110'000);
  EXPECT_EQ(text(seat, "eventDate"), "2096-02-01T10:00:00.000Z");
  EXPECT_EQ(number(seat, "seatNumber"), number(paid, "seatNumber"));
}

// R-P8
TEST_F(Money, payments_are_their_owners_alone_and_listed_newest_first) {
  const Visitor who = fan(kClub, 300'000), other = fan();
  const std::int64_t first = new_hold(who), second = new_hold(who);
  const std::int64_t a = number(api.send(pay(who, first)).data(), "paymentId");
  const std::int64_t b = number(api.send(pay(who, second)).data(), "paymentId");
  expect_refusal(get_payment(other, a), 403, "FORBIDDEN");
  expect_refusal(get_payment(who, 999'999), 404, "NOT_FOUND");
  const ApiReply list =
      api.send({.method = "GET", .target = "/users/" + who.user + "/payments", .token = who.token});
  ASSERT_THAT(list.data().as_array(), SizeIs(2));
  EXPECT_EQ(number(list.data().at(0), "id"), b);
  EXPECT_EQ(number(list.data().at(1), "id"), a);
  api.send(refund(who, first));
  EXPECT_EQ(text(api.send(get_payment(who, a)).data(), "status"), "REFUNDED");
}

// R-P1
TEST_F(Money, several_holds_are_paid_in_one_payment) {
  const Visitor who = fan(kClub, 1'000'000);
  const std::vector<std::int64_t> holds{new_hold(who), new_hold(who), new_hold(who)};
  const ApiReply reply = api.send(pay_all(who, holds));
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(number(reply.data(), "total"), 330'000);
  ASSERT_THAT(reply.data().at("reservations").as_array(), SizeIs(3));
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& row = reply.data().at("reservations").at(i);
    EXPECT_EQ(number(row, "id"), holds[i]);
    EXPECT_EQ(text(row, "status"), "PAID");
    EXPECT_EQ(number(row, "paymentId"), number(reply.data(), "paymentId"));
  }
  EXPECT_EQ(balance(who), 670'000);
}

// R-P1: all or none.
TEST_F(Money, one_bad_hold_keeps_all_from_being_paid) {
  const Visitor who = fan(kClub, 1'000'000), other = fan();
  const std::int64_t good = new_hold(who), bad = new_hold(who), foreign = new_hold(other);
  api.send(cancel(who, bad));
  expect_refusal(pay_all(who, {good, bad}), 409, "WRONG_RESERVATION_STATUS");
  expect_refusal(pay_all(who, {good, foreign}), 403, "FORBIDDEN");
  expect_refusal(pay_all(who, {good, 999'999}), 404, "RESERVATION_NOT_FOUND");
  EXPECT_EQ(text(api.send(get_reservation(who, good)).data(), "status"), "RESERVED");
  EXPECT_EQ(balance(who), 1'000'000);
}

// R-P3, R-S7
TEST_F(Money, too_little_balance_says_what_to_do_and_keeps_the_hold) {
  const Visitor who = fan(kClub, 100);
  const std::int64_t id = new_hold(who);
  const ApiReply before = api.send(get_reservation(who, id));
  const ApiReply refused = api.send(pay(who, id));
  EXPECT_EQ(refused.status, 402);
  EXPECT_EQ(refused.code(), "NOT_ENOUGH_BALANCE");
  const std::string url = "/users/" + who.user + "/balance/charge";
  EXPECT_EQ(refused.header("Location"), url);
  EXPECT_EQ(text(refused.json, "chargeUrl"), url);
  EXPECT_EQ(number(refused.json, "balance"), 100);
  EXPECT_EQ(number(refused.json, "price"), 110'000);
  const ApiReply pending = api.send(get_reservation(who, id));
  EXPECT_EQ(text(pending.data(), "status"), "PENDING");
  EXPECT_EQ(text(pending.data(), "expiresAt"), text(before.data(), "expiresAt"));
  EXPECT_EQ(balance(who), 100);
  api.send(charge(who, 109'900));
  EXPECT_EQ(api.send(pay(who, id)).status, 200);
  EXPECT_EQ(balance(who), 0);
}

// R-P3: where only operators charge, no call of the fan's would help.
TEST(MoneyByOperators, too_little_balance_sends_nobody_to_a_call_that_refuses) {
  Deployment sale(std::string(kSale), {{"wallet.charge_by", "operator"}});
  Api api(sale.urls());
  const Visitor who = enter(api, user(1), kClub);
  const ApiReply held = api.send(hold(who, free_seats(api, who, 1).front()));
  const ApiReply refused = api.send(pay(who, number(held.data(), "id")));
  EXPECT_EQ(refused.code(), "NOT_ENOUGH_BALANCE");
  EXPECT_FALSE(refused.json.as_object().contains("chargeUrl"));
  EXPECT_EQ(refused.header("Location"), "");
  EXPECT_EQ(number(refused.json, "price"), 110'000);
  EXPECT_EQ(api.send(charge(who, 1)).code(), "FORBIDDEN");
}

// R-P3
TEST_F(Money, a_second_payment_says_already_paid_not_token_expired) {
  const Visitor who = fan(kClub, 300'000);
  const std::int64_t id = new_hold(who);
  api.send(pay(who, id));
  expect_refusal(pay(who, id), 409, "RESERVATION_ALREADY_PAID");
  EXPECT_EQ(balance(who), 190'000);
}

// R-P3
TEST_F(Money, a_lapsed_hold_is_gone_before_and_after_the_sweep) {
  const Visitor who = fan(kShort, 10'000);
  const ApiReply held = api.send(hold(who, free_seat(who, 70)));
  const std::int64_t id = number(held.data(), "id");
  const TimePoint ends = *parse_rfc3339(text(held.data(), "expiresAt"));
  await([&] { return now_of_server() >= ends; });
  expect_refusal(pay(who, id), 410, "RESERVATION_EXPIRED");
  await([&] { return now_of_server() >= ends + Millis(1000); });
  expect_refusal(pay(who, id), 410, "RESERVATION_EXPIRED");
  EXPECT_EQ(balance(who), 10'000);
}

// R-P3
TEST_F(Money, a_cancelled_hold_cannot_be_paid) {
  const Visitor who = fan(kClub, 300'000);
  const std::int64_t id = new_hold(who);
  api.send(cancel(who, id));
  expect_refusal(pay(who, id), 409, "WRONG_RESERVATION_STATUS");
}

// R-P1, section 8
TEST_F(Money, paying_takes_an_active_token_of_the_event) {
  const Visitor who = fan(kClub, 300'000);
  const std::int64_t id = new_hold(who);
  const Visitor elsewhere = enter(api, who.user, kWindows);
  expect_refusal(pay(elsewhere, id), 403, "WRONG_TOKEN_EVENT");
  expect_refusal(pay({who.user, ""}, id), 401, "TOKEN_NOT_FOUND");
  EXPECT_EQ(api.send(pay(who, id)).status, 200);
}

// R-P4
TEST_F(Money, paying_the_last_hold_ends_the_visit_and_not_before) {
  const Visitor who = fan(kClub, 300'000);
  const std::int64_t first = new_hold(who), second = new_hold(who);
  api.send(pay(who, first));
  EXPECT_EQ(text(api.send(queue_status(who.token)).data(), "status"), "ACTIVATED");
  const ApiReply last = api.send(pay(who, second));
  const ApiReply over = api.send(queue_status(who.token));
  EXPECT_EQ(text(over.data(), "status"), "EXPIRED");
  EXPECT_EQ(text(over.data(), "expiresAt"), text(last.data(), "paidAt"));
  expect_refusal(hold(who, 1), 401, "TOKEN_EXPIRED");
}

// R-P6
TEST_F(Money, a_refund_gives_the_money_back_and_the_seat_free) {
  const Visitor who = fan(kClub, 110'000);
  const std::int64_t seat = free_seat(who);
  const std::int64_t id = number(api.send(hold(who, seat)).data(), "id");
  expect_refusal(refund(who, id), 409, "WRONG_RESERVATION_STATUS");
  api.send(pay(who, id));
  const ApiReply reply = api.send(refund(who, id));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(text(reply.data(), "status"), "REFUNDED");
  EXPECT_EQ(balance(who), 110'000);
  EXPECT_EQ(text(history(who).at(0), "type"), "REFUND");
  EXPECT_EQ(api.send(hold(fan(), seat)).status, 201);
  expect_refusal(refund(who, id), 409, "WRONG_RESERVATION_STATUS");
  expect_refusal(pay(who, id), 409, "WRONG_RESERVATION_STATUS");
}

// R-P6: an event that gives nothing back.
TEST_F(Money, without_refund_until_the_owner_gets_nothing_back) {
  const Visitor who = fan(kShort, 1000);
  const std::int64_t id = new_hold(who, 70);
  ASSERT_EQ(api.send(pay(who, id)).status, 200);
  expect_refusal(refund(who, id), 409, "WRONG_RESERVATION_STATUS");
  EXPECT_EQ(balance(who), 0);
}

// R-X3
TEST_F(Money, every_error_of_a_payment_is_named_at_once) {
  const Visitor who = fan();
  const ApiReply reply = api.send(Call{.method = "PUT",
                                       .target = "/events/reservations/x/pay",
                                       .token = who.token,
                                       .body = R"({"reservationIds":["y"],"tip":1})"}
                                      .with_key(std::string(256, 'k')));
  EXPECT_THAT(error_paths(reply),
              testing::UnorderedElementsAre("id", "reservationIds[0]", "tip", "Idempotency-Key"));
}

}  // namespace
}  // namespace stagedoor::test
