// Operators and bookings over a lane and a store (R-O1, R-P7): releasing, reassigning, cancelling and moving
// dates, two operators at once.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "adapters/memory/memory_store.h"
#include "modules/operator/cancellation_job.h"
#include "support/catalogue.h"
#include "support/faulty_store.h"
#include "support/world.h"

namespace stagedoor::operators {
namespace {

using namespace stagedoor::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kSale = R"(layouts:
  club: {seats: 50, category: Standard}
  hall: {seats: 1000, category: Standard}
events:
  - id: 1
    name: Winter Club Night
    on_sale: {from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}
    queue: {admission: capacity, capacity: 100, active_ttl: 5m, poll_min: 0s}
    policy: {seats_per_user: 100, hold_ttl: 5m, refund_until: 2096-01-01T00:00:00Z}
    dates:
      - {id: 1, starts_at: 2096-02-01T19:00:00Z, layout: hall, prices: {Standard: 110000}}
      - {id: 2, starts_at: 2096-02-02T19:00:00Z, layout: hall, prices: {Standard: 120000}}
      - {id: 3, starts_at: 2096-02-03T19:00:00Z, layout: club, prices: {Standard: 120000}}
)";
constexpr std::string_view kIll = R"({"reason":"The singer is ill."})";

struct Office {
  memory::MemoryStore store;
  ManualClock clock{*parse_rfc3339("2030-01-01T00:00:00Z")};
  FaultyStore faulty{store.ports()};
  std::unique_ptr<World> world = std::make_unique<World>(faulty.ports(), clock);

  Office() { world->import(kSale); }

  ApiReply ask(std::string_view method, const std::string& target, std::string_view body = "") {
    return world->call(admin(method, target, body));
  }
  PendingPtr send(std::string secret, const std::string& target, std::string_view body = "") {
    Call call = admin("POST", target, body);
    call.token = std::move(secret);
    return world->send(call);
  }
  std::int64_t seat(int number, std::int64_t date = 1) {
    return world->read_model().catalogue()->date({date})->first_seat.value + number - 1;
  }
  // The ids of the seats that a new fan has bought.
  std::vector<std::int64_t> buy(std::uint64_t n, const std::vector<int>& numbers) {
    const Visitor fan = world->enter(n);
    world->call(charge(fan, 100'000'000));
    std::vector<std::int64_t> seats, ids;
    for (const int one : numbers) seats.push_back(seat(one));
    const ApiReply held = world->call(hold_all(fan, seats));
    for (const auto& row : held.data().at("reservations").as_array()) ids.push_back(number(row, "id"));
    EXPECT_EQ(world->call(pay_all(fan, ids)).status, 200);
    return ids;
  }
  boost::json::value cancelled() { return ask("GET", "/admin/dates/1").data().at("cancelled"); }
  // Until the date is done; how many pieces it took.
  int finish() {
    int pieces = 0;
    for (; cancelled().at("finished_at").is_null(); ++pieces) {
      clock.advance(CancellationJob::kBetweenPieces);
      world->run();
    }
    return pieces;
  }
  const Reservation& reservation(std::int64_t id) { return store.tables().reservations.at({id}); }
  Won balance(std::uint64_t n) { return store.tables().wallets.at(*parse_uuid(user(n))).balance; }
  std::vector<std::string> log() {
    std::vector<std::string> lines;
    for (const auto& [id, row] : store.tables().log) lines.push_back(row.operator_name + " " + row.action);
    lines.erase(lines.begin());  // the import
    return lines;
  }
};

TEST(OperatorsAndBookings, release_refund_and_reassign_R_O1) {
  Office office;
  const Visitor holder = office.world->enter(1);
  const std::int64_t held = number(office.world->call(hold(holder, office.seat(1))).data(), "id");
  const ApiReply released = office.ask("POST", fmt::format("/admin/reservations/{}/release", held));
  ASSERT_EQ(released.status, 200) << released.body;
  EXPECT_EQ(text(released.data(), "status"), "CANCELLED");
  EXPECT_EQ(office.world->call(hold(office.world->enter(2), office.seat(1))).status, 201);

  const std::int64_t sold = office.buy(3, {7}).front();
  const std::string path = fmt::format("/admin/reservations/{}", sold);
  EXPECT_EQ(office.ask("POST", path + "/release").code(), "RESERVATION_ALREADY_PAID");
  EXPECT_EQ(office.ask("POST", path + "/reassign", "{}").code(), "INVALID_REQUEST");
  const ApiReply given = office.ask("POST", path + "/reassign", fmt::format(R"({{"userId":"{}"}})", user(4)));
  ASSERT_EQ(given.status, 200) << given.body;
  EXPECT_EQ(text(given.data(), "userId"), user(4));
  EXPECT_EQ(office.ask("POST", path + "/refund").status, 200);
  EXPECT_EQ(office.balance(3), Won{100'000'000}) << "who paid has the money back (R-P7)";
  EXPECT_THAT(office.log(), ElementsAre("olga reservation.release", "olga reservation.reassign",
                                        "olga reservation.refund"));
}

TEST(OperatorsAndBookings, a_viewer_and_a_fan_may_do_none_of_it_and_an_operator_all_R_O1) {
  Office office;
  const std::int64_t id = office.buy(1, {7}).front();
  const std::string fan = office.world->enter(2).token;
  const std::string booking = fmt::format("/admin/reservations/{}", id);
  const std::pair<std::string, std::string> calls[] = {
      {booking + "/release", ""},
      {booking + "/reassign", fmt::format(R"({{"userId":"{}"}})", user(4))},
      {booking + "/refund", ""},
      {"/admin/dates/1/move", R"({"starts_at":"2096-03-01T19:00:00Z"})"},
      {"/admin/dates/1/cancel", std::string(kIll)},
  };
  const auto code_as = [&](const std::string& secret, const auto& call) {
    const PendingPtr pending = office.send(secret, call.first, call.second);
    office.world->run();
    return pending->reply().code();
  };
  for (const auto& call : calls) {
    EXPECT_EQ(code_as("viewer-secret", call), "FORBIDDEN") << call.first;
    EXPECT_EQ(code_as(fan, call), "ADMIN_KEY_INVALID") << call.first;
  }
  for (const auto& call : calls) EXPECT_NE(code_as("operator-secret", call), "FORBIDDEN") << call.first;
  EXPECT_THAT(office.log(), ElementsAre("otto reservation.reassign", "otto reservation.refund",
                                        "otto date.move", "otto date.cancel"));
}

TEST(OperatorsAndBookings, a_date_is_cancelled_in_pieces_while_other_calls_go_on_R_O1) {
  Office office;
  std::vector<std::int64_t> sold;
  for (std::uint64_t fan = 0; fan < 5; ++fan) {
    std::vector<int> seats;
    for (int i = 1; i <= 50; ++i) seats.push_back(int(fan) * 200 + i);
    for (const std::int64_t id : office.buy(fan + 1, seats)) sold.push_back(id);
  }
  const Visitor late = office.world->enter(9);
  office.world->call(charge(late, 1'000'000));
  const std::int64_t held = number(office.world->call(hold(late, office.seat(199))).data(), "id");

  const ApiReply begun = office.ask("POST", "/admin/dates/1/cancel", kIll);
  ASSERT_EQ(begun.status, 201) << begun.body;
  EXPECT_EQ(number(begun.data().at("cancelled"), "seats"), 1000);
  EXPECT_EQ(number(begun.data().at("cancelled"), "seats_done"), 0);
  EXPECT_EQ(text(begun.data().at("cancelled"), "by"), "olga");
  EXPECT_EQ(office.world->call(hold(late, office.seat(198))).code(), "SEAT_NOT_FOUND");
  const ApiReply paid = office.world->call(pay(late, held));
  EXPECT_EQ(paid.code(), "BOOKING_CLOSED");
  EXPECT_THAT(paid.body, HasSubstr("The singer is ill."));

  office.clock.advance(CancellationJob::kBetweenPieces);
  office.world->run();
  EXPECT_EQ(number(office.cancelled(), "seats_done"), 200);
  EXPECT_EQ(number(office.cancelled(), "refunded"), 50);
  EXPECT_EQ(office.world->call(hold(late, office.seat(1, 2))).status, 201) << "other dates go on";
  EXPECT_EQ(office.finish(), 4);
  EXPECT_EQ(number(office.cancelled(), "refunded"), 250);
  EXPECT_EQ(number(office.cancelled(), "refunded_amount"), 250 * 110'000);
  for (const std::int64_t id : sold) EXPECT_EQ(office.reservation(id).status, ReservationStatus::REFUNDED);
  EXPECT_EQ(office.reservation(held).status, ReservationStatus::CANCELLED);
  for (std::uint64_t fan = 1; fan <= 5; ++fan) EXPECT_EQ(office.balance(fan), Won{100'000'000});
  EXPECT_THAT(office.log(), ElementsAre("olga date.cancel", "olga date.cancel.done"));
}

// R-O1: it goes on after a restart, by whichever instance comes first.
TEST(OperatorsAndBookings, a_cancelled_date_goes_on_after_a_restart) {
  Office office;
  const auto first = office.buy(1, {1, 2, 3}), last = office.buy(2, {901, 902});
  ASSERT_EQ(office.ask("POST", "/admin/dates/1/cancel", kIll).status, 201);
  office.clock.advance(CancellationJob::kBetweenPieces);
  office.world->run();
  EXPECT_EQ(office.reservation(first[0]).status, ReservationStatus::REFUNDED);
  EXPECT_EQ(office.reservation(last[0]).status, ReservationStatus::PAID);
  office.world = nullptr;
  office.world = std::make_unique<World>(office.faulty.ports(), office.clock);
  EXPECT_EQ(number(office.cancelled(), "seats_done"), 200);
  office.finish();
  EXPECT_EQ(office.reservation(last[1]).status, ReservationStatus::REFUNDED);
  EXPECT_EQ(number(office.cancelled(), "refunded"), 5);
  EXPECT_EQ(office.balance(1), Won{100'000'000});
  EXPECT_EQ(office.balance(2), Won{100'000'000});
}

TEST(OperatorsAndBookings, a_row_that_the_store_refuses_holds_up_only_its_own_date) {
  Office office;
  const ReservationId bad{office.buy(1, {150}).front()};
  office.faulty.refuses = [&](const Batch& batch) {
    return std::ranges::any_of(batch.reservations.rows(), [&](const auto& one) { return one.row.id == bad; });
  };
  office.ask("POST", "/admin/dates/1/cancel", kIll);
  office.ask("POST", "/admin/dates/2/cancel", kIll);
  for (int i = 0; i < 100; ++i) {
    office.clock.advance(CancellationJob::kBetweenPieces);
    office.world->run();
  }
  EXPECT_EQ(number(office.cancelled(), "seats_done"), 149);
  EXPECT_TRUE(office.world->read_model().catalogue()->cancellation({2})->finished_at);
  office.faulty.refuses = {};
  office.clock.advance(Millis(60'000));
  office.finish();
  EXPECT_EQ(office.balance(1), Won{100'000'000});
}

TEST(OperatorsAndBookings, a_cancelled_date_stays_so) {
  Office office;
  const ApiReply begun = office.ask("POST", "/admin/dates/1/cancel", kIll);
  ASSERT_EQ(begun.status, 201);
  office.finish();
  EXPECT_EQ(office.ask("PATCH", "/admin/dates/1", R"({"deleted":false})").code(), "INVALID_REQUEST");
  EXPECT_EQ(office.ask("POST", "/admin/dates/1/move", R"({"starts_at":"2096-03-01T19:00:00Z"})").code(),
            "EVENT_DATE_NOT_FOUND");
  EXPECT_EQ(office.ask("POST", "/admin/import?overwrite=true", kSale).status, 200);
  EXPECT_TRUE(office.world->read_model().catalogue()->date({1})->deleted_at);
  const ApiReply again = office.ask("POST", "/admin/dates/1/cancel", R"({"reason":"Another one."})");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(text(again.data().at("cancelled"), "reason"), "The singer is ill.");
  EXPECT_EQ(office.ask("POST", "/admin/dates/1/cancel", R"({"reason":"Another one.","carry_to":2})").code(),
            "INVALID_REQUEST");
}

TEST(OperatorsAndBookings, refuse_what_cannot_be_cancelled_or_carried_over) {
  Office office;
  const auto code = [&](const std::string& target, std::string_view body) {
    return office.ask("POST", target, body).code();
  };
  EXPECT_EQ(code("/admin/dates/9/cancel", kIll), "EVENT_DATE_NOT_FOUND");
  EXPECT_EQ(code("/admin/dates/1/cancel", "{}"), "INVALID_REQUEST");
  EXPECT_EQ(code("/admin/dates/1/cancel", R"({"reason":""})"), "INVALID_REQUEST");
  EXPECT_EQ(code("/admin/dates/1/cancel", R"({"reason":"ill","carry_to":1})"), "INVALID_REQUEST");
  EXPECT_EQ(code("/admin/dates/1/cancel", R"({"reason":"ill","carry_to":3})"), "INVALID_REQUEST");
  EXPECT_EQ(office.ask("PATCH", "/admin/dates/3", R"({"deleted":true})").status, 200);
  EXPECT_EQ(code("/admin/dates/3/cancel", kIll), "EVENT_DATE_NOT_FOUND") << "nobody had a seat";
  EXPECT_FALSE(office.world->read_model().catalogue()->date({1})->deleted_at);
}

TEST(OperatorsAndBookings, carry_a_date_over_to_another_R_O1) {
  Office office;
  const auto sold = office.buy(1, {1, 2, 3});
  office.ask("POST", "/admin/dates/2/seats/block", R"({"seatNumbers":[2]})");
  ASSERT_EQ(office.ask("POST", "/admin/dates/1/cancel", R"({"reason":"A day later.","carry_to":2})").status,
            201);
  office.finish();
  EXPECT_EQ(number(office.cancelled(), "carried"), 2);
  EXPECT_EQ(number(office.cancelled(), "carried_amount"), 220'000);
  EXPECT_EQ(number(office.cancelled(), "refunded"), 1);
  EXPECT_EQ(number(office.cancelled(), "carry_to"), 2);
  EXPECT_EQ(office.balance(1), Won{100'000'000 - 220'000});
  EXPECT_EQ(number(office.ask("GET", "/admin/dates/2").data(), "seats_left"), 997);
}

// R-P7: a date whose time moves keeps its tickets; I-32: no hold outlasts the begin of its performance.
TEST(OperatorsAndBookings, move_a_date_with_its_reservations) {
  Office office;
  const std::int64_t id = office.buy(1, {7}).front();
  const auto move = [&](std::string_view body) { return office.ask("POST", "/admin/dates/1/move", body); };
  const ApiReply moved = move(R"({"starts_at":"2096-02-01T21:00:00Z"})");
  ASSERT_EQ(moved.status, 200) << moved.body;
  EXPECT_EQ(text(moved.data(), "starts_at"), "2096-02-01T21:00:00.000Z");
  EXPECT_THAT(moved.body, Not(HasSubstr("cancelled")));
  EXPECT_EQ(office.reservation(id).status, ReservationStatus::PAID);
  EXPECT_EQ(move(R"({"starts_at":"2030-01-01T00:30:00Z"})").status, 200);
  const ApiReply too_near = move(R"({"starts_at":"2030-01-01T00:29:59.999Z"})");
  EXPECT_EQ(too_near.code(), "INVALID_REQUEST");
  EXPECT_THAT(too_near.body, HasSubstr(R"("path":"starts_at")"));
  EXPECT_EQ(move(R"({"starts_at":"2096-02-01T21:00:00Z","booking":{"from":"2020-01-01T00:00:00Z","until":)"
                 R"("2020-01-01T00:00:00Z"}})")
                .code(),
            "INVALID_REQUEST");
}

// Two operators in one batch of the lane: each is told what became of it.
TEST(OperatorsAndBookings, two_operators_at_once_do_it_once) {
  Office office;
  const auto sold = office.buy(1, {1, 2});
  const std::string olga(kOwnerKey), otto = "operator-secret";
  const auto both = [&](const std::string& target, std::string_view body) {
    const PendingPtr one = office.send(otto, target, body), other = office.send(olga, target, body);
    office.world->run();
    return std::pair(one->reply().status, other->reply().status);
  };
  EXPECT_EQ(both(fmt::format("/admin/reservations/{}/refund", sold[0]), ""), std::pair(200, 409));
  EXPECT_EQ(both(fmt::format("/admin/reservations/{}/reassign", sold[1]),
                 fmt::format(R"({{"userId":"{}"}})", user(4))),
            std::pair(200, 400));
  EXPECT_EQ(both("/admin/dates/1/cancel", kIll), std::pair(201, 200));
  office.finish();
  EXPECT_EQ(office.balance(1), Won{100'000'000});
  EXPECT_EQ(office.store.tables().postings.size(), 5U) << "a charge, two uses, two refunds";
}

// A refund just before its date is cancelled, in the same batch, and one just after: the money goes back
// once.
TEST(OperatorsAndBookings, a_refund_and_a_cancelled_date_give_the_money_back_once) {
  for (const bool refund_first : {true, false}) {
    Office office;
    const std::int64_t id = office.buy(1, {1}).front();
    const std::string refund = fmt::format("/admin/reservations/{}/refund", id);
    PendingPtr refunded;
    if (refund_first) refunded = office.send("operator-secret", refund);
    const PendingPtr cancelled = office.send("operator-secret", "/admin/dates/1/cancel", kIll);
    office.world->run();
    if (!refund_first) refunded = office.send("operator-secret", refund);
    office.world->run();
    EXPECT_EQ(cancelled->reply().status, 201);
    EXPECT_EQ(refunded->reply().status, refund_first ? 200 : 409);
    office.finish();
    EXPECT_EQ(office.balance(1), Won{100'000'000});
    EXPECT_EQ(number(office.cancelled(), "refunded"), refund_first ? 0 : 1);
  }
}

}  // namespace
}  // namespace stagedoor::operators
