#include "modules/events/event_types.h"

#include <gmock/gmock.h>

namespace stagedoor::events {
namespace {

const UserId kUser{*parse_uuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8")};

Reservation reservation(ReservationStatus status, CancelReason reason = CancelReason::NONE) {
  Reservation row;
  row.id = {17};
  row.seat = {7};
  row.date = {11};
  row.event = {1};
  row.user = kUser;
  row.status = status;
  row.reason = reason;
  row.price = Won{50'000};
  row.expires_at = from_ms(1'700'000'000'123);
  row.updated_at = from_ms(1'700'000'000'000);
  row.version = 2;
  return row;
}

// What the version before wrote, to the byte: consumers and stored rows must not notice (R-M4).
TEST(EventTypes, keep_the_payloads_of_the_version_before) {
  Ids ids(100);
  const OutboxRow held = event_of(reservation(ReservationStatus::RESERVED), ids);
  EXPECT_EQ(held.id, OutboxId{100});
  EXPECT_EQ(held.key, "reservation/17");
  EXPECT_EQ(held.version, 2);
  EXPECT_EQ(held.created_at, from_ms(1'700'000'000'000));
  EXPECT_EQ(held.payload,
            R"({"id":17,"seatId":7,"dateId":11,"eventId":1,"userId":"6ba7b810-9dad-11d1-80b4-00c04fd430c8",)"
            R"("status":"RESERVED","reason":"NONE","price":50000,"expiresAt":"2023-11-14T22:13:20.123Z"})");

  Posting posting;
  posting.wallet = {3};
  posting.seq = 4;
  posting.amount = Won{45};
  posting.balance_after = Won{345};
  EXPECT_EQ(event_of(posting, kUser, ids).key, "wallet/3");
  EXPECT_EQ(event_of(posting, kUser, ids).version, 4);
  EXPECT_EQ(event_of(posting, kUser, ids).payload,
            R"({"walletId":3,"userId":"6ba7b810-9dad-11d1-80b4-00c04fd430c8","amount":45,"balanceAfter":345,)"
            R"("reservationId":null})");
  posting.reservation = {17};
  EXPECT_THAT(event_of(posting, kUser, ids).payload, testing::EndsWith(R"("reservationId":17})"));
}

TEST(EventTypes, tell_a_payment_once_with_all_its_reservations) {
  Ids ids(100);
  const OutboxRow row =
      event_of(Payment{{9}, kUser, Won{100}, from_ms(1'700'000'000'000), {{17}, {18}}}, ids);
  EXPECT_EQ(row.key, "payment/9");
  EXPECT_EQ(row.version, 1);
  EXPECT_EQ(row.type, "stagedoor.payment.made.v1");
  EXPECT_EQ(
      row.payload,
      R"({"id":9,"userId":"6ba7b810-9dad-11d1-80b4-00c04fd430c8","total":100,"reservationIds":[17,18]})");
}

// R-E4, R-P7
TEST(EventTypes, tell_of_each_ticket_that_it_is_issued_and_that_it_is_revoked) {
  Ids ids(100);
  const auto told = [&](const Reservation& row) {
    Changes changes;
    add_ticket_events(row, ids, changes);
    std::vector<std::string> all;
    for (const auto& event : changes.outbox)
      all.push_back(fmt::format("{} {} {}", event.type, event.key, event.version));
    return all;
  };
  EXPECT_THAT(told(reservation(ReservationStatus::RESERVED)), testing::IsEmpty());
  Reservation sale = reservation(ReservationStatus::PAID);
  sale.paid_at = sale.updated_at;
  EXPECT_THAT(told(sale), testing::ElementsAre("stagedoor.ticket.issued.v1 ticket/17.2 1"));
  Changes changes;
  add_ticket_events(sale, ids, changes);
  EXPECT_EQ(changes.outbox.front().payload,
            R"({"serial":")" + to_text(ids.serial_of({{17}, 2})) +
                R"(","reservationId":17,"eventId":1,"dateId":11,"seatId":7,"status":"ISSUED","scans":[]})");
  sale.version = 3;  // has another owner
  sale.updated_at += Millis(1);
  EXPECT_THAT(told(sale), testing::ElementsAre("stagedoor.ticket.revoked.v1 ticket/17.2 2",
                                               "stagedoor.ticket.issued.v1 ticket/17.3 1"));
  sale.version = 4;
  sale.status = ReservationStatus::REFUNDED;
  EXPECT_THAT(told(sale), testing::ElementsAre("stagedoor.ticket.revoked.v1 ticket/17.3 2"));
}

// A view that knows the newest version of some keys.
struct Desk {
  View view;
  Ids ids{100};
  BatchContext context{from_ms(1'700'000'000'000), ids};
  Changes changes;

  explicit Desk(std::initializer_list<KeyVersion> known) {
    for (const auto& row : known) view.key_versions.put(row.key, row);
  }
  // "TYPE KEY VERSION" of each event, without what all types have in common.
  std::vector<std::string> added() const {
    std::vector<std::string> lines;
    for (const auto& row : changes.outbox)
      lines.push_back(row.type.substr(10) + " " + row.key + " " + std::to_string(row.version));
    return lines;
  }
};

Event concert() {
  Event row;
  row.id = {1};
  row.name = "Night";
  return row;
}

EventDate date() {
  EventDate row;
  row.id = {11};
  row.event = {1};
  row.categories = {{CategoryId{21}, "Standard", Won{500}}, {CategoryId{22}, "Balcony", Won{300}}};
  row.seats.resize(5);
  row.seats[4].category = 1;
  return row;
}

// R-E4
TEST(EventTypes, say_what_changed_of_an_event_and_number_the_events_of_a_key) {
  Desk desk({{"event/1", 4, {}}});
  const Event before = concert();
  Event after = before;
  after.imported = "{}";
  add_events_of(after, &before, desk.view, desk.context, desk.changes);
  EXPECT_THAT(desk.added(), testing::IsEmpty()) << "nothing that the payload has";
  after.name = "Gala";
  add_events_of(after, &before, desk.view, desk.context, desk.changes);
  EXPECT_THAT(desk.added(), testing::ElementsAre("event.changed.v1 event/1 5"));
  desk.changes = {};
  after.policy.seats_per_user = 1;
  add_events_of(after, &before, desk.view, desk.context, desk.changes);
  EXPECT_THAT(desk.added(),
              testing::ElementsAre("event.changed.v1 event/1 5", "event.policy_changed.v1 event/1 6"));
  ASSERT_EQ(desk.changes.key_versions.size(), 2u);
  EXPECT_EQ(desk.changes.key_versions.back().version, 6);
  EXPECT_EQ(desk.changes.key_versions.back().updated_at, desk.context.now);
  desk.changes = {};
  add_events_of(after, nullptr, desk.view, desk.context, desk.changes);
  EXPECT_THAT(desk.added(), testing::ElementsAre("event.created.v1 event/1 1"));
}

TEST(EventTypes, count_the_seats_of_a_date_and_tell_its_prices) {
  Desk desk({{"date/11", 1, {}}});
  const EventDate before = date();
  EventDate after = before;
  after.categories[1].price = Won{400};
  after.deleted_at = desk.context.now;
  add_events_of(after, &before, desk.view, desk.context, desk.changes);
  EXPECT_THAT(desk.added(),
              testing::ElementsAre("date.changed.v1 date/11 2", "date.price_changed.v1 date/11 3"));
  EXPECT_THAT(
      desk.changes.outbox[1].payload,
      testing::EndsWith(R"("seats":5,"categories":[{"id":21,"name":"Standard","price":500,"seats":4},)"
                        R"({"id":22,"name":"Balcony","price":400,"seats":1}],"deleted":true})"));
  desk.changes = {};
  add_events_of(after, nullptr, desk.view, desk.context, desk.changes);
  EXPECT_THAT(desk.added(), testing::ElementsAre("date.added.v1 date/11 1"));
}

// R-Q13: whoever knows the seed before the draw knows the order.
TEST(EventTypes, keep_the_seed_of_a_draw_until_it_is_drawn) {
  Desk desk({{"draw/1", 2, {}}});
  Draw draw{.event = {1}, .seed = std::string(32, 's'), .algorithm = 2};
  draw.beacon = "early";
  add_event_of(draw, desk.view, desk.context, desk.changes);
  EXPECT_THAT(desk.added(), testing::ElementsAre("draw.committed.v1 draw/1 3"));
  EXPECT_THAT(desk.changes.outbox[0].payload, testing::HasSubstr(R"("beacon":null,"drawnAt":null)"));
  EXPECT_THAT(desk.changes.outbox[0].payload, testing::Not(testing::HasSubstr("7373")));
  draw.drawn_at = desk.context.now;
  add_event_of(draw, desk.view, desk.context, desk.changes);
  EXPECT_EQ(desk.changes.outbox[1].type, "stagedoor.draw.drawn.v1");
  EXPECT_THAT(desk.changes.outbox[1].payload, testing::HasSubstr(R"("seed":"7373)"));
}

// R-E3
TEST(EventTypes, name_a_row_of_the_version_before_as_a_row_of_today) {
  using enum ReservationStatus;
  struct Row {
    OutboxRow today;
    const char* type;
    const char* before;
  };
  Ids ids(100);
  const auto posted = [&](PostingType type) {
    Posting posting;
    posting.type = type;
    return event_of(posting, kUser, ids);
  };
  const Row rows[] = {
      {event_of(reservation(RESERVED), ids), "stagedoor.reservation.held.v1", "reservation.reserved"},
      {event_of(reservation(PENDING), ids), "stagedoor.reservation.pending.v1", "reservation.pending"},
      {event_of(reservation(PAID), ids), "stagedoor.reservation.paid.v1", "reservation.paid"},
      {event_of(reservation(CANCELLED, CancelReason::OWNER), ids), "stagedoor.reservation.cancelled.v1",
       "reservation.cancelled"},
      {event_of(reservation(CANCELLED, CancelReason::OPERATOR), ids), "stagedoor.reservation.cancelled.v1",
       "reservation.cancelled"},
      {event_of(reservation(CANCELLED, CancelReason::LAPSED), ids), "stagedoor.reservation.lapsed.v1",
       "reservation.cancelled"},
      {event_of(reservation(REFUNDED), ids), "stagedoor.reservation.refunded.v1", "reservation.refunded"},
      {posted(PostingType::CHARGE), "stagedoor.wallet.charged.v1", "wallet.charged"},
      {posted(PostingType::USE), "stagedoor.wallet.used.v1", "wallet.used"},
      {posted(PostingType::REFUND), "stagedoor.wallet.refunded.v1", "wallet.refunded"},
  };
  for (const auto& [today, type, before] : rows) {
    SCOPED_TRACE(type);
    EXPECT_EQ(today.type, type);
    EXPECT_EQ(type_of(today), type);
    OutboxRow stored = today;
    stored.type = before;
    EXPECT_EQ(type_of(stored), type);
  }
}

}  // namespace
}  // namespace stagedoor::events
