// Check-in: what counts follows from the set of scans, in whatever order they arrive (R-P9).
#include "modules/ticket/model.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "core/ticket_serials.h"
#include "support/stage.h"

namespace stagedoor::ticket {
namespace {

using namespace stagedoor::test;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using enum CheckInResult;

TimePoint at(std::int64_t seconds) { return kNow + Millis(1000 * seconds); }

// A sale of three seats and its gates.
struct Door {
  Stage stage;
  PlaceRef fan = stage.inside(1);
  std::vector<ReservationId> sold;
  std::vector<std::string> told;  // types of the events of check-ins

  Door() {
    stage.charge(1, Won{1'000'000});
    const auto held = stage.hold(fan, {1, 2, 3});
    for (const auto& row : result_of(held).reservations) sold.push_back(row.id);
    EXPECT_EQ(outcome(stage.pay(fan, sold)), "ok");
  }
  TicketRef ticket(std::size_t index = 0) { return current_ticket(stage.reservation(sold[index])); }

  void load(const CheckIn& order) {
    for (;;) {
      Keys keys;
      check_in_keys(order, stage.view, keys);
      if (keys.empty()) return;
      for (const auto& id : keys.reservations) stage.view.reservations.put(id, std::nullopt);
      for (const auto& use : keys.ticket_uses) stage.view.ticket_uses.put(use, std::nullopt);
    }
  }
  std::vector<Judged> report(const std::string& device, std::vector<Scanned> scans,
                             std::optional<DateId> date = std::nullopt) {
    const CheckIn order{device, date, std::move(scans)};
    load(order);
    BatchContext context{stage.now, stage.ids};
    Changes changes;
    auto judged = decide_check_in(order, stage.view, context, changes);
    apply(changes);
    return judged;
  }
  Judged report_one(const std::string& device, Scanned scan) { return report(device, {scan}).front(); }
  Decision<Judged> ask(const std::string& device, const TicketRef& of, TimePoint when,
                       std::optional<DateId> date = std::nullopt) {
    const CheckIn order{device, date, {{of, when}}};
    load(order);
    BatchContext context{stage.now, stage.ids};
    auto decision = decide_entry(order, stage.view, context);
    apply(decision.changes);
    return decision;
  }
  void apply(const Changes& changes) {
    for (const auto& row : changes.outbox) told.push_back(row.type.substr(10));
    stage.view.apply(changes);
  }
  const TicketUse& use(std::size_t index = 0) { return *stage.view.ticket_uses.find(ticket(index)); }
};

TEST(CheckIn, uses_a_ticket_once) {
  Door door;
  EXPECT_EQ(outcome(door.ask("a", door.ticket(), at(1))), "ok");
  const auto again = door.ask("b", door.ticket(), at(2));
  EXPECT_EQ(outcome(again), "TICKET_ALREADY_USED");
  EXPECT_THAT(refusal_in(again).extra,
              ElementsAre(Pair("at", '"' + to_rfc3339(at(1)) + '"'), Pair("device", "\"a\"")));
  EXPECT_EQ(outcome(door.ask("b", door.ticket(), at(0))), "TICKET_ALREADY_USED") << "whatever moment it says";
  EXPECT_EQ(door.use().live, 1) << "nobody was let in the second time";
  EXPECT_EQ(outcome(door.ask("a", door.ticket(), at(1))), "ok") << "the same question again";
  EXPECT_THAT(door.told, ElementsAre("ticket.used.v1"));
}

TEST(CheckIn, knows_only_tickets_that_were_given_out) {
  Door door;
  const auto held = result_of(door.stage.hold(door.stage.inside(2), {9})).reservations.front().id;
  for (const TicketRef& unknown :
       {TicketRef{{999'999}, 2}, TicketRef{held, 1}, TicketRef{held, 2}, TicketRef{door.sold[0], 0},
        TicketRef{door.sold[0], door.ticket().second + 1}}) {
    EXPECT_EQ(outcome(door.ask("a", unknown, at(1))), "TICKET_NOT_FOUND");
    EXPECT_EQ(door.report_one("a", {unknown, at(1)}).result, UNKNOWN);
  }
  EXPECT_EQ(outcome(door.ask("a", door.ticket(), at(1), DateId{2})), "TICKET_NOT_FOUND") << "of another date";
  EXPECT_EQ(outcome(door.ask("a", door.ticket(), at(1), DateId{1})), "ok");
}

// R-P7: whatever changes the row of a sale revokes its ticket.
TEST(CheckIn, refuses_a_ticket_of_a_reservation_that_was_refunded) {
  Door door;
  const TicketRef ticket = door.ticket();
  door.stage.now += Millis(1);
  ASSERT_EQ(outcome(door.stage.refund(door.sold[0], door.fan.user)), "ok");
  EXPECT_EQ(outcome(door.ask("a", ticket, at(1))), "TICKET_REVOKED");
  EXPECT_EQ(door.report_one("a", {ticket, at(1)}).result, REVOKED);
  EXPECT_THAT(door.told, IsEmpty());
}

TEST(CheckIn, refuses_the_old_ticket_of_a_reservation_that_changed_its_owner) {
  Door door;
  const TicketRef before = door.ticket();
  Reservation row =
      reservation::changed(door.stage.reservation(door.sold[0]), ReservationStatus::PAID, door.stage.now);
  row.user = user_id(2);
  Changes changes;
  reservation::write(changes, row, door.stage.ids);
  door.apply(changes);
  EXPECT_THAT(door.told, ElementsAre("reservation.paid.v1", "ticket.revoked.v1", "ticket.issued.v1"))
      << "even in the millisecond of the payment";
  EXPECT_EQ(outcome(door.ask("a", before, at(1))), "TICKET_REVOKED");
  EXPECT_EQ(outcome(door.ask("a", door.ticket(), at(1))), "ok");
}

// R-P7
TEST(CheckIn, makes_a_ticket_that_its_owner_cannot_refund) {
  Door door;
  door.stage.now += Millis(1);
  ASSERT_EQ(outcome(door.ask("a", door.ticket(), at(1))), "ok");
  EXPECT_EQ(outcome(door.stage.refund(door.sold[0], door.fan.user)), "TICKET_ALREADY_USED");
  EXPECT_EQ(outcome(door.stage.refund(door.sold[1], door.fan.user)), "ok") << "another ticket";
  EXPECT_EQ(door.report_one("a", {door.ticket(), at(1), true}).result, ACCEPTED);
  EXPECT_EQ(outcome(door.stage.refund(door.sold[0], door.fan.user)), "ok") << "the scan was taken back";
  ASSERT_EQ(outcome(door.ask("a", door.ticket(2), at(1))), "ok");
  EXPECT_EQ(outcome(door.stage.refund(door.sold[2], std::nullopt)), "ok") << "an operator always";
}

// Somebody sits there already.
TEST(CheckIn, makes_a_ticket_that_cannot_be_given_to_another_user) {
  Door door;
  ASSERT_EQ(outcome(door.ask("a", door.ticket(), at(1))), "ok");
  EXPECT_EQ(outcome(door.stage.reassign(door.sold[0], 2)), "TICKET_ALREADY_USED");
  EXPECT_EQ(door.report_one("a", {door.ticket(), at(1), true}).result, ACCEPTED);
  EXPECT_EQ(outcome(door.stage.reassign(door.sold[0], 2)), "ok") << "the scan was taken back";
}

// R-P9: used twice while gates were offline.
TEST(CheckIn, counts_the_earliest_scan_whoever_reports_first) {
  Door door;
  EXPECT_EQ(door.report_one("a", {door.ticket(), at(20)}).result, ACCEPTED);
  EXPECT_EQ(door.report_one("b", {door.ticket(), at(10)}).result, ACCEPTED) << "it was there before";
  const Judged repeated = door.report_one("a", {door.ticket(), at(20)});
  EXPECT_EQ(repeated.result, ALREADY_USED);
  EXPECT_EQ(repeated.first->device, "b");
  EXPECT_EQ(door.use().live, 2);
  EXPECT_EQ(door.report_one("b", {door.ticket(), at(10), true}).result, ACCEPTED);
  EXPECT_EQ(door.report_one("a", {door.ticket(), at(20)}).result, ACCEPTED) << "the other one was taken back";
  EXPECT_EQ(door.use().live, 1);
  EXPECT_THAT(door.told, ElementsAre("ticket.used.v1", "ticket.used.v1", "ticket.use_undone.v1"));
}

TEST(CheckIn, changes_nothing_when_it_is_repeated) {
  Door door;
  const std::vector<Scanned> scans = {
      {door.ticket(0), at(1)}, {door.ticket(1), at(2)}, {door.ticket(0), at(1), true}};
  door.report("a", scans);
  const TicketUse before = door.use();
  const std::size_t events = door.told.size();
  for (int i = 0; i < 3; ++i) door.report("a", scans);
  EXPECT_EQ(door.use().scans, before.scans);
  EXPECT_EQ(door.use().version, before.version);
  EXPECT_EQ(door.told.size(), events);
}

TEST(CheckIn, takes_an_end_that_arrives_before_its_scan) {
  Door door;
  door.report_one("a", {door.ticket(), at(1), true});
  EXPECT_EQ(door.report_one("a", {door.ticket(), at(1)}).result, ACCEPTED);
  EXPECT_EQ(door.use().live, 0);
  EXPECT_EQ(outcome(door.ask("a", door.ticket(), at(1))), "INVALID_REQUEST") << "it would not be recorded";
  EXPECT_EQ(outcome(door.ask("b", door.ticket(), at(2))), "ok");
}

TEST(CheckIn, keeps_only_so_many_scans_of_one_ticket) {
  Door door;
  for (int i = 0; i < 100; ++i) door.report_one(fmt::format("device-{}", i), {door.ticket(), at(i)});
  EXPECT_EQ(door.use().live, std::int64_t(kScansMax));
  EXPECT_EQ(door.report_one("late", {door.ticket(), at(200)}).result, ALREADY_USED);
  EXPECT_EQ(door.use().version, std::int64_t(kScansMax));
  Door backwards;
  for (int i = 99; i >= 0; --i)
    backwards.report_one(fmt::format("device-{}", i), {backwards.ticket(), at(i)});
  EXPECT_EQ(backwards.use().scans, door.use().scans) << "the earliest ones, whatever the order";
  Door undone;
  for (int i = 0; i < 30; ++i) undone.report_one("a", {undone.ticket(), at(i), true});
  EXPECT_EQ(undone.report_one("a", {undone.ticket(), at(99)}).result, ALREADY_USED)
      << "nobody gets in by a scan that is not kept";
}

// One device that goes by the rules of docs/tickets.md: it lets in by what it knows, and reports later.
struct Device {
  std::string name;
  std::vector<Scanned> unsent;
  std::vector<Scanned> let_in;  // that it has not taken back
};

// A random evening at one door: devices that are offline at times, take scans back, and repeat themselves.
class Evening {
 public:
  explicit Evening(unsigned seed) : random_(seed) {
    for (int step = 0; step < 14; ++step) {
      Device& device = devices[pick(devices.size())];
      if (!device.let_in.empty() && pick(4) == 0) take_back(device);
      else scan(device, pick(5) == 0);
      if (pick(4) == 0) report(devices[pick(devices.size())]);
    }
    std::ranges::shuffle(devices, random_);
    for (Device& device : devices) {
      std::ranges::shuffle(device.unsent, random_);
      report(device);
    }
    std::ranges::shuffle(happened, random_);
  }

  Door door;
  std::vector<Device> devices = {{"a", {}, {}}, {"b", {}, {}}, {"c", {}, {}}};
  std::vector<std::pair<std::string, Scanned>> happened;  // by device, in any order

 private:
  std::size_t pick(std::size_t below) { return std::size_t(random_() % below); }

  void take_back(Device& device) {
    const std::size_t index = pick(device.let_in.size());
    Scanned undo = device.let_in[index];
    undo.undo = true;
    device.let_in.erase(device.let_in.begin() + std::ptrdiff_t(index));
    device.unsent.push_back(undo);
    happened.emplace_back(device.name, undo);
  }
  void scan(Device& device, bool is_online) {
    const Scanned scan{door.ticket(pick(3)), at(std::int64_t(pick(30)))};
    const bool has_happened = std::ranges::any_of(happened, [&](const auto& one) {
      return one.first == device.name && one.second.ticket == scan.ticket && one.second.at == scan.at;
    });
    if (has_happened) return;
    if (!is_online) device.unsent.push_back(scan);
    else if (outcome(door.ask(device.name, scan.ticket, scan.at)) != "ok") return;
    device.let_in.push_back(scan);
    happened.emplace_back(device.name, scan);
  }
  void report(Device& device) {
    if (!device.unsent.empty()) door.report(device.name, device.unsent);
    if (pick(2) == 0) device.unsent.clear();  // else the answer was lost, and it is sent again
  }

  std::mt19937 random_;
};

// R-P9: what each device thinks of its own scans is what the server says.
TEST(CheckIn, agrees_with_all_devices_after_they_have_reported) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    Evening evening(seed);
    Door& door = evening.door;
    for (std::size_t i = 0; i < 3; ++i) {
      const TicketUse* use = door.stage.view.ticket_uses.find_if_known(door.ticket(i));
      const Scans scans = use ? parse_scans(use->scans) : Scans{};
      const Scan* first = first_live(scans);
      std::int64_t live = 0;
      for (const Device& device : evening.devices) {
        for (const Scanned& scan : device.let_in) {
          if (scan.ticket != door.ticket(i)) continue;
          ++live;
          ASSERT_TRUE(first);
          const bool is_first = first->device == device.name && first->at == scan.at;
          EXPECT_TRUE(is_first || use->live > 1) << "else the device is not told that it was used twice";
          const Judged again = door.report_one(device.name, scan);
          EXPECT_EQ(again.result, is_first ? ACCEPTED : ALREADY_USED);
          EXPECT_EQ(again.first->at, first->at);
        }
      }
      EXPECT_EQ(use ? use->live : 0, live);
    }
  }
}

// R-P9: the same evening, reported one scan after the other in another order.
TEST(CheckIn, does_not_depend_on_the_order_of_reports) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    Evening evening(seed);
    Door other;
    for (const auto& [device, scan] : evening.happened) {
      const auto index = std::ranges::find(evening.door.sold, scan.ticket.first) - evening.door.sold.begin();
      other.report_one(device, {other.ticket(std::size_t(index)), scan.at, scan.undo});
    }
    for (std::size_t i = 0; i < 3; ++i) {
      const TicketUse* one = evening.door.stage.view.ticket_uses.find_if_known(evening.door.ticket(i));
      const TicketUse* two = other.stage.view.ticket_uses.find_if_known(other.ticket(i));
      EXPECT_EQ(one ? one->scans : "", two ? two->scans : "");
    }
  }
}

TEST(Scans, are_read_as_they_are_written) {
  const Scans scans = {{at(-2), "a", true}, {at(1), "door-1.x_Y", false}};
  EXPECT_EQ(to_text(parse_scans(to_text(scans))), to_text(scans));
  EXPECT_EQ(first_live(parse_scans(to_text(scans)))->device, "door-1.x_Y");
  EXPECT_THAT(parse_scans(""), IsEmpty());
  EXPECT_THAT(parse_scans("nonsense\n+ \n\n"), IsEmpty());
}

}  // namespace
}  // namespace stagedoor::ticket
