// What fans see of what operators do to their bookings: R-O1, R-P7, R-U7, R-P8, R-W3.
#include "api/api_test.h"

#include <fmt/format.h>

namespace stagedoor::test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int64_t kMoney = 1'000'000, kPrice = 110'000;
constexpr std::string_view kReason = "The singer is ill. 죄송합니다.";

class Bookings : public ApiTest {
 protected:
  boost::json::value done(const std::string& target, std::string_view body = "") {
    const ApiReply reply = api.send(admin("POST", target, body));
    EXPECT_TRUE(reply.ok()) << target << ": " << reply.body;
    return reply.ok() ? reply.data() : boost::json::value();
  }
  // A date of the club night that no other test uses.
  std::int64_t new_date() {
    static int hour = 0;
    return number(done("/admin/events/1/dates",
                       fmt::format(R"({{"starts_at":"2096-03-01T{:02}:00:00Z","layout":"club",)"
                                   R"("prices":{{"Standard":110000}}}})",
                                   ++hour)),
                  "id");
  }
  void reassign(std::int64_t id, const Visitor& to) {
    done(fmt::format("/admin/reservations/{}/reassign", id), fmt::format(R"({{"userId":"{}"}})", to.user));
  }
  void cancel(std::int64_t date, const std::string& more = "") {
    done(fmt::format("/admin/dates/{}/cancel", date), fmt::format(R"({{"reason":"{}"{}}})", kReason, more));
    await([&] {
      const ApiReply reply = api.send(admin("GET", fmt::format("/admin/dates/{}", date)));
      return !reply.data().at("cancelled").at("finished_at").is_null();
    });
  }
  boost::json::value reservation(const Visitor& who, std::int64_t id) {
    return api.send(get_reservation(who, id)).data();
  }
  boost::json::array reservations(const Visitor& who) {
    return api.send(list_reservations(who)).data().as_array();
  }
  boost::json::array payments(const Visitor& who) {
    return api.send({.method = "GET", .target = "/users/me/payments", .token = who.token}).data().as_array();
  }
  std::int64_t balance(const Visitor& who) { return number(api.send(get_balance(who)).data(), "balance"); }
  void expect_clean() {
    const CommandResult audit = sale().audit();
    EXPECT_EQ(audit.exit_code, 0) << audit.out << audit.err;
  }
};

TEST_F(Bookings, a_fan_sees_what_became_of_a_cancelled_date_R_U7) {
  const std::int64_t date = new_date();
  const Visitor buyer = fan(kClub, kMoney), other = fan(kClub, kMoney);
  const std::int64_t bought = new_hold(buyer, date), kept = new_hold(buyer, 1), held = new_hold(other, date);
  ASSERT_EQ(api.send(pay_all(buyer, {bought, kept})).status, 200);
  cancel(date);

  const boost::json::value row = reservation(buyer, bought);
  EXPECT_EQ(text(row, "status"), "REFUNDED");
  EXPECT_EQ(text(row.at("dateCancelled"), "reason"), kReason);
  for (const auto& one : reservations(buyer))
    EXPECT_EQ(one.as_object().contains("dateCancelled"), number(one, "id") == bought);
  EXPECT_EQ(text(reservation(other, held), "status"), "CANCELLED");
  EXPECT_EQ(balance(buyer), kMoney - kPrice);
  const auto history = api.send(balance_history(buyer)).data().as_array();
  EXPECT_EQ(text(history.at(0), "type"), "REFUND");
  EXPECT_EQ(number(history.at(0), "reservationId"), bought);
  EXPECT_EQ(text(history.at(0), "reason"), kReason);
  EXPECT_FALSE(history.at(1).as_object().contains("reason"));
  ASSERT_THAT(payments(buyer), SizeIs(1));
  const boost::json::value payment = payments(buyer).at(0);
  EXPECT_EQ(text(payment, "status"), "PARTLY_REFUNDED");
  EXPECT_TRUE(payment.at("reservations").at(0).as_object().contains("dateCancelled"));
  EXPECT_FALSE(payment.at("reservations").at(1).as_object().contains("dateCancelled"));
  expect_clean();
}

TEST_F(Bookings, a_reassigned_seat_is_its_new_users_and_the_money_its_payers_R_P7) {
  const Visitor payer = fan(kClub, kMoney), owner = fan(kClub, kMoney);
  const std::int64_t id = new_hold(payer);
  ASSERT_EQ(api.send(pay(payer, id)).status, 200);
  reassign(id, owner);
  expect_refusal(get_reservation(payer, id), 403, "FORBIDDEN");
  EXPECT_EQ(text(reservation(owner, id), "status"), "PAID");
  EXPECT_THAT(reservations(payer), IsEmpty());
  EXPECT_THAT(reservations(owner), SizeIs(1));
  EXPECT_THAT(payments(payer), SizeIs(1));
  EXPECT_THAT(payments(owner), IsEmpty());
  expect_clean();
  done(fmt::format("/admin/reservations/{}/refund", id));
  EXPECT_EQ(balance(payer), kMoney);
  EXPECT_EQ(balance(owner), kMoney);
  expect_clean();
}

TEST_F(Bookings, a_released_hold_is_its_users_no_longer_R_O1) {
  const Visitor who = fan(kClub, kMoney);
  const std::int64_t id = new_hold(who);
  done(fmt::format("/admin/reservations/{}/release", id));
  EXPECT_EQ(text(reservation(who, id), "status"), "CANCELLED");
  expect_refusal(pay(who, id), 409, "WRONG_RESERVATION_STATUS");
}

TEST_F(Bookings, a_date_carried_over_keeps_the_seats_and_the_money_R_O1) {
  const std::int64_t date = new_date(), next = new_date();
  const Visitor who = fan(kClub, kMoney), owner = fan(kClub, kMoney);
  const std::int64_t mine = new_hold(who, date), given = new_hold(who, date);
  ASSERT_EQ(api.send(pay_all(who, {mine, given})).status, 200);
  reassign(given, owner);
  cancel(date, fmt::format(R"(,"carry_to":{})", next));
  const auto rows = reservations(who);
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(text(rows[0], "status"), "PAID");
  EXPECT_EQ(number(rows[0], "eventDateId"), next);
  EXPECT_EQ(number(rows[0], "seatNumber"), number(rows[1], "seatNumber"));
  EXPECT_EQ(text(rows[1], "status"), "REFUNDED");
  EXPECT_EQ(number(reservations(owner).at(0), "eventDateId"), next);
  EXPECT_EQ(balance(who), kMoney - 2 * kPrice);
  expect_clean();
}

TEST_F(Bookings, a_date_that_moves_keeps_its_reservations_R_P7) {
  const std::int64_t date = new_date();
  const Visitor who = fan(kClub, kMoney);
  const std::int64_t id = new_hold(who, date);
  ASSERT_EQ(api.send(pay(who, id)).status, 200);
  done(fmt::format("/admin/dates/{}/move", date), R"({"starts_at":"2096-04-01T21:00:00Z"})");
  EXPECT_EQ(text(reservation(who, id), "status"), "PAID");
  EXPECT_EQ(text(reservation(who, id), "eventDate"), "2096-04-01T21:00:00.000Z");
}

}  // namespace
}  // namespace stagedoor::test
