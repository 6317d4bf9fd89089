#include "modules/events/type_list.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>

#include "core/ensure.h"
#include "json/write.h"
#include "modules/events/envelope.h"
#include "modules/events/event_types.h"
#include "protocol/draw.h"

namespace stagedoor::events {
namespace {

constexpr TimePoint kNow = from_ms(1'796'119'200'000);  // 2026-12-01 10:00 UTC
constexpr TimePoint kStart = from_ms(1'803'895'200'000);
constexpr EventId kConcert{1};
constexpr DateId kDate{11};

// One sale of one seat, which all examples are about.
class Examples {
 public:
  Examples() {
    for (const auto& key : {key_of(event()), key_of(date()), draw_key(kConcert), queue_key(kConcert)})
      view_.key_versions.put(key, KeyVersion{key, 1, kNow});
  }

  OutboxRow reservation(ReservationStatus status, CancelReason reason = CancelReason::NONE) {
    Reservation row;
    row.id = {17};
    row.seat = {1007};
    row.date = kDate;
    row.event = kConcert;
    row.user = user();
    row.status = status;
    row.reason = reason;
    row.price = Won{50'000};
    row.expires_at = kNow + Millis(300'000);
    row.updated_at = kNow;
    row.version = status == ReservationStatus::RESERVED ? 1 : 2;
    OutboxRow made = event_of(row, ids_);
    if (reason != CancelReason::LAPSED)
      made.trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    return made;
  }
  OutboxRow reassigned() {
    Reservation row;
    row.id = {17};
    row.seat = {1007};
    row.date = kDate;
    row.event = kConcert;
    row.user = {*parse_uuid("7d444840-9dc0-4a1d-9b24-5a3b3b8b3f10")};
    row.status = ReservationStatus::PAID;
    row.price = Won{50'000};
    row.expires_at = kNow + Millis(300'000);
    row.updated_at = kNow;
    row.version = 3;
    return reassigned_event_of(row, user(), ids_);
  }
  OutboxRow posting(PostingType type, std::int64_t seq, std::int64_t amount, std::int64_t balance) {
    Posting row;
    row.wallet = {3};
    row.seq = seq;
    row.type = type;
    row.amount = Won{amount};
    row.balance_after = Won{balance};
    if (type != PostingType::CHARGE) row.reservation = {17};
    row.created_at = kNow;
    return event_of(row, user(), ids_);
  }
  OutboxRow ticket(ReservationStatus status) {
    Changes changes;
    add_ticket_events(sold(status), ids_, changes);
    return std::move(changes.outbox.front());
  }
  OutboxRow ticket_use(std::int64_t version, std::vector<TicketScan> scans, std::string_view name) {
    return event_of(TicketUse{.reservation = {17}, .ticket = 2, .version = version, .updated_at = kNow},
                    sold(ReservationStatus::PAID), std::move(scans), name, ids_);
  }
  OutboxRow payment() { return event_of(Payment{{9}, user(), Won{50'000}, kNow, {{17}}}, ids_); }

  OutboxRow event_created() {
    return only([&](Changes& changes) { add_events_of(event(), nullptr, view_, context_, changes); });
  }
  template <class Change>
  OutboxRow event_changed(Change change) {
    Event after = event();
    change(after);
    return only([&](Changes& changes) {
      const Event before = event();
      add_events_of(after, &before, view_, context_, changes);
    });
  }
  OutboxRow date_added() {
    return only([&](Changes& changes) { add_events_of(date(), nullptr, view_, context_, changes); });
  }
  template <class Change>
  OutboxRow date_changed(Change change) {
    EventDate after = date();
    change(after);
    return only([&](Changes& changes) {
      const EventDate before = date();
      add_events_of(after, &before, view_, context_, changes);
    });
  }
  OutboxRow date_cancelled() {
    EventDate after = date();
    after.deleted_at = kNow;
    DateCancellation cancellation;
    cancellation.date = kDate;
    cancellation.reason = "The singer is ill.";
    return only([&](Changes& changes) {
      const EventDate before = date();
      add_events_of(after, &before, view_, context_, changes, &cancellation);
    });
  }
  OutboxRow draw(bool is_drawn) {
    Draw row{.event = kConcert,
             .seed = std::string(protocol::kSeedBytes, 's'),
             .opens_at = kNow,
             .committed_at = kNow - Millis(3'600'000),
             .algorithm = protocol::kDrawAlgorithm};
    if (is_drawn) {
      row.drawn_at = kNow;
      row.people = 1200;
      row.digest = std::string(32, 'd');
    }
    return only([&](Changes& changes) { add_event_of(row, view_, context_, changes); });
  }
  OutboxRow admitted() {
    return only([&](Changes& changes) {
      add_event_of(AdmittedEvent{kConcert, 101, 106, 4, {101, 102, 104, 106}}, view_, context_, changes);
    });
  }

 private:
  static UserId user() { return {*parse_uuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8")}; }
  static Reservation sold(ReservationStatus status) {
    Reservation row;
    row.id = {17};
    row.seat = {1007};
    row.date = kDate;
    row.event = kConcert;
    row.status = status;
    row.updated_at = kNow;
    row.paid_at = kNow;
    row.version = status == ReservationStatus::PAID ? 2 : 3;
    return row;
  }
  static Event event() {
    Event row;
    row.id = kConcert;
    row.name = "Winter Club Night";
    row.performer = "The Lanterns";
    row.venue = "Hall One";
    row.on_sale = {kNow, kStart};
    return row;
  }
  static EventDate date() {
    EventDate row;
    row.id = kDate;
    row.event = kConcert;
    row.starts_at = kStart;
    row.booking = {kNow, kStart};
    row.layout = "club";
    row.first_seat = {1001};
    row.categories = {{CategoryId{21}, "Standard", Won{50'000}}};
    row.seats.resize(50);
    return row;
  }
  template <class Add>
  static OutboxRow only(Add add) {
    Changes changes;
    add(changes);
    ensure(changes.outbox.size() == 1, "an example is one event");
    return std::move(changes.outbox.front());
  }

  View view_;
  Ids ids_{4711};
  BatchContext context_{kNow, ids_};
};

std::vector<EventType> make_types() {
  using enum ReservationStatus;
  Examples examples;
  return {
      {"reservation", "held", "reservation/ID", "a seat is held", examples.reservation(RESERVED)},
      {"reservation", "pending", "reservation/ID",
       "a payment was refused because the balance is too small; the hold stays",
       examples.reservation(PENDING)},
      {"reservation", "paid", "reservation/ID", "it was paid", examples.reservation(PAID)},
      {"reservation", "lapsed", "reservation/ID", "the hold was not paid in time; the seat is free",
       examples.reservation(CANCELLED, CancelReason::LAPSED)},
      {"reservation", "cancelled", "reservation/ID",
       "its owner or an operator gave the hold up, or the visit ended; the seat is free",
       examples.reservation(CANCELLED, CancelReason::OWNER)},
      {"reservation", "refunded", "reservation/ID", "the money was given back; the seat is free",
       examples.reservation(REFUNDED)},
      {"reservation", "reassigned", "reservation/ID",
       "an operator gave the paid seat to another user; a refund goes to the user who paid",
       examples.reassigned()},
      {"payment", "made", "payment/ID", "one payment, with all its reservations", examples.payment()},
      {"ticket", "issued", "ticket/RESERVATION.TICKET", "a reservation was paid, or has another owner now",
       examples.ticket(PAID)},
      {"ticket", "revoked", "ticket/RESERVATION.TICKET",
       "its reservation was refunded, or has another owner now", examples.ticket(REFUNDED)},
      {"ticket", "used", "check-in/RESERVATION.TICKET",
       "a gate let somebody in with it; with more than one of `scans` it was used twice",
       examples.ticket_use(1, {{kStart, "door-1"}}, "used")},
      {"ticket", "use_undone", "check-in/RESERVATION.TICKET", "a gate took a scan back",
       examples.ticket_use(2, {}, "use_undone")},
      {"wallet", "charged", "wallet/ID", "money was paid in",
       examples.posting(PostingType::CHARGE, 1, 200'000, 200'000)},
      {"wallet", "used", "wallet/ID", "a reservation was paid",
       examples.posting(PostingType::USE, 2, 50'000, 150'000)},
      {"wallet", "refunded", "wallet/ID", "a reservation was refunded",
       examples.posting(PostingType::REFUND, 3, 50'000, 200'000)},
      {"event", "created", "event/ID", "an event was added to the catalogue", examples.event_created()},
      {"event", "changed", "event/ID", "its name, times or state changed: also paused and closed",
       examples.event_changed([](Event& row) { row.paused = true; })},
      {"event", "policy_changed", "event/ID", "the policy of its queue or of its sale changed",
       examples.event_changed([](Event& row) { row.queue.people = 200; })},
      {"date", "added", "date/ID", "a date was added, with all its seats", examples.date_added()},
      {"date", "changed", "date/ID", "its times changed, or it was taken off the sale (`deleted`)",
       examples.date_changed([](EventDate& row) { row.starts_at += Millis(3'600'000); })},
      {"date", "price_changed", "date/ID", "a price changed; reservations keep theirs",
       examples.date_changed([](EventDate& row) { row.categories[0].price = Won{60'000}; })},
      {"date", "cancelled", "date/ID",
       "it is cancelled for good (`cancelReason`): its reservations are refunded, or carried over to "
       "`carriedToId`, "
       "each with its own events",
       examples.date_cancelled()},
      {"draw", "committed", "draw/EVENT",
       "the seed was chosen, and its commitment is published; again when the opening is moved",
       examples.draw(false)},
      {"draw", "drawn", "draw/EVENT", "the order was drawn; now the seed is public", examples.draw(true)},
      {"queue", "admitted", "queue/EVENT",
       "the users of `places` were let in: one event for each batch of at most 500; `from` is the lowest "
       "place and `to` the highest, and many between them may still wait",
       examples.admitted()},
  };
}

}  // namespace

std::string EventType::type() const { return fmt::format("stagedoor.{}.{}.v1", entity, name); }

const std::vector<EventType>& event_types() {
  static const std::vector<EventType> all = make_types();
  return all;
}

std::string types_page() {
  std::string page = "| type | key | when |\n|---|---|---|\n";
  for (const auto& each : event_types())
    page += fmt::format("| `{}` | `{}` | {} |\n", each.type(), each.key, each.when);
  page += "\nOne event of each type, with the schema that describes it:\n";
  const std::string source = source_of("0b57bd4c-8b0a-4f5e-9b1e-6a3f0c1d2e4f");
  for (const auto& each : event_types())
    page += fmt::format("\n`{}` ([schema](../api/events/{}.v1.json))\n\n```json\n{}```\n", each.type(),
                        each.entity, json::pretty(boost::json::parse(to_event(each.example, source).json)));
  return page;
}

}  // namespace stagedoor::events
