// The checker of invariants can fail: each fault planted in the rows of a sound sale is found under its
// number.
#include "support/tables_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "lane/scene.h"

namespace stagedoor::test {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::StartsWith;

// A fan who has paid, one who was refunded, one who holds, and one who waits.
memory::Tables sound_sale() {
  Scene scene(club_night("admission: both, people: 3, every: 1s, capacity: 3, active_ttl: 5m, poll_min: 0s",
                         "seats_per_user: 1, hold_ttl: 2m, refund_until: 2096-01-01T00:00:00Z"));
  World& world = *scene.world;
  const Visitor buyer = scene.fan(1, 200'000), changer = scene.fan(2, 200'000), holder = scene.fan(3);
  world.call(pay(buyer, scene.hold_seat(buyer, 1)));
  const std::int64_t changed = scene.hold_seat(changer, 2);
  world.call(pay(changer, changed));
  world.call(refund(changer, changed));
  scene.hold_seat(holder, 3);
  world.enter(4);
  return scene.memory.tables();
}

Reservation& with_status(memory::Tables& tables, ReservationStatus status) {
  for (auto& [id, row] : tables.reservations)
    if (row.status == status) return row;
  throw std::logic_error("no such reservation");
}
Posting& of_type(memory::Tables& tables, PostingType type) {
  for (auto& [key, row] : tables.postings)
    if (row.type == type) return row;
  throw std::logic_error("no such posting");
}
// The row again under another id.
Reservation& twin(memory::Tables& tables, const Reservation& row) {
  Reservation copy = row;
  copy.id = {tables.reservations.rbegin()->first.value + 1000};
  return tables.reservations[copy.id] = copy;
}

// Lets the one in who waits, without a right to.
Visit& visit_of_the_waiting(memory::Tables& tables) {
  const LinePlace& last = tables.line.rbegin()->second;
  return tables.visits[{last.event, last.place}] = {last.event, last.place, last.user, kOpen,
                                                    kOpen + Millis(1000)};
}

TEST(BrokenInvariants, are_none_in_a_sound_sale) { EXPECT_THAT(broken_invariants(sound_sale()), IsEmpty()); }

TEST(BrokenInvariants, are_found_when_planted) {
  using enum ReservationStatus;
  struct Plant {
    const char* id;
    const char* what;
    std::function<void(memory::Tables&)> error;
  };
  const Plant plants[] = {
      {"I-1", "two holds of one seat",
       [](memory::Tables& t) { twin(t, with_status(t, RESERVED)).user = *parse_uuid(user(4)); }},
      {"I-1", "an index that lies", [](memory::Tables& t) { t.taking.clear(); }},
      {"I-3", "a payment after the end",
       [](memory::Tables& t) { with_status(t, PAID).paid_at = with_status(t, PAID).expires_at; }},
      {"I-4", "one seat too many",
       [](memory::Tables& t) { twin(t, with_status(t, RESERVED)).seat = SeatId{40}; }},
      {"I-6", "a posting to itself",
       [](memory::Tables& t) {
         Posting& row = of_type(t, PostingType::CHARGE);
         row.debit_account = row.credit_account;
       }},
      {"I-7", "a balance that is not the sum",
       [](memory::Tables& t) { t.wallets.begin()->second.balance += Won{1}; }},
      {"I-7", "a posting with a wrong balance",
       [](memory::Tables& t) { of_type(t, PostingType::USE).balance_after += Won{1}; }},
      {"I-7", "a balance below zero", [](memory::Tables& t) { t.wallets.begin()->second.balance = Won{-1}; }},
      {"I-8", "a gap in the numbers", [](memory::Tables& t) { of_type(t, PostingType::USE).seq = 7; }},
      {"I-9", "paid without a use",
       [](memory::Tables& t) { of_type(t, PostingType::USE).type = PostingType::REFUND; }},
      {"I-9", "paid without a payment", [](memory::Tables& t) { with_status(t, PAID).payment = {}; }},
      {"I-9", "a hold that was paid", [](memory::Tables& t) { with_status(t, PAID).status = RESERVED; }},
      {"I-10", "a payment of another total",
       [](memory::Tables& t) { t.payments.begin()->second.total += Won{1}; }},
      {"I-11", "refunded twice",
       [](memory::Tables& t) {
         Posting row = of_type(t, PostingType::REFUND);
         row.seq = 99;
         t.postings[{row.wallet, row.seq}] = row;
       }},
      {"I-11", "refunded without money", [](memory::Tables& t) { with_status(t, PAID).status = REFUNDED; }},
      {"I-12", "a place left out", [](memory::Tables& t) { t.line.erase(std::next(t.line.begin())); }},
      {"I-12", "places against the order of joining",
       [](memory::Tables& t) { t.line.begin()->second.joined_at += Millis(86'400'000); }},
      {"I-12", "a visit to somebody else's place",
       [](memory::Tables& t) { visit_of_the_waiting(t).user = with_status(t, RESERVED).user; }},
      {"I-13", "two places of one user",
       [](memory::Tables& t) { t.line.rbegin()->second.user = with_status(t, RESERVED).user; }},
      {"I-13", "let in after leaving", [](memory::Tables& t) { t.line.begin()->second.left_at = kOpen; }},
      {"I-14", "more inside than fit",
       [](memory::Tables& t) {
         visit_of_the_waiting(t);
         for (auto& [key, row] : t.visits) row.expires_at = kOpen + Millis(1'000'000);
       }},
      {"I-15", "more let in than allowed", [](memory::Tables& t) { visit_of_the_waiting(t); }},
      {"I-17", "a hold that outlives its visit",
       [](memory::Tables& t) { with_status(t, RESERVED).expires_at += Millis(86'400'000); }},
      {"I-17", "a hold without a visit", [](memory::Tables& t) { t.visits.clear(); }},
      {"I-21", "an event that was lost", [](memory::Tables& t) { t.outbox.erase(t.outbox.begin()); }},
      {"I-21", "a ticket that nobody was told of",
       [](memory::Tables& t) {
         std::erase_if(t.outbox,
                       [](const auto& one) { return one.second.type == "stagedoor.ticket.issued.v1"; });
       }},
      {"I-21", "an event twice",
       [](memory::Tables& t) { t.outbox[OutboxId{999'999}] = t.outbox.begin()->second; }},
  };
  const memory::Tables sound = sound_sale();
  for (const Plant& plant : plants) {
    memory::Tables tables = sound;
    plant.error(tables);
    EXPECT_THAT(broken_invariants(tables), Contains(StartsWith(std::string(plant.id) + ":"))) << plant.what;
  }
}

}  // namespace
}  // namespace stagedoor::test
