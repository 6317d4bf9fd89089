#include "modules/events/event_types.h"

#include <fmt/format.h>

#include "core/ensure.h"
#include "core/hex.h"
#include "json/write.h"
#include "protocol/draw.h"

namespace stagedoor::events {
namespace {

const char* name_of(ReservationStatus status, CancelReason reason) {
  switch (status) {
    case ReservationStatus::RESERVED:
      return "held";
    case ReservationStatus::PENDING:
      return "pending";
    case ReservationStatus::PAID:
      return "paid";
    case ReservationStatus::CANCELLED:
      return reason == CancelReason::LAPSED ? "lapsed" : "cancelled";
    case ReservationStatus::REFUNDED:
      return "refunded";
  }
  die_of_bug("a reservation has a status that exists");
}

const char* name_of(PostingType type) {
  switch (type) {
    case PostingType::CHARGE:
      return "charged";
    case PostingType::USE:
      return "used";
    case PostingType::REFUND:
      return "refunded";
  }
  die_of_bug("a posting has a type that exists");
}

// The version of the newest event of a loaded key; 0: there is none.
std::int64_t version_of(const View& view, const std::string& key) {
  const KeyVersion* newest = view.key_versions.find(key);
  return newest ? newest->version : 0;
}

// Adds an event to `changes`, and its version to the key's.
void add(Changes& changes, BatchContext& context, std::string key, std::int64_t version, std::string type,
         std::string payload) {
  changes.key_versions.push_back({key, version, context.now});
  changes.outbox.push_back({.id = context.ids.next<OutboxId>(),
                            .key = std::move(key),
                            .version = version,
                            .type = std::move(type),
                            .payload = std::move(payload),
                            .created_at = context.now});
}

template <class Payload>
bool same(const Payload& a, const Payload& b) {
  return json::to_text(a) == json::to_text(b);
}

CatalogueEvent payload_of(const Event& row) {
  return {.id = row.id,
          .name = row.name,
          .performer = row.performer,
          .venue = row.venue,
          .timeZone = row.time_zone,
          .onSaleFrom = row.on_sale.from,
          .onSaleUntil = row.on_sale.until,
          .closed = row.closed,
          .paused = row.paused,
          .queue = row.queue,
          .policy = row.policy};
}

DateEvent payload_of(const EventDate& row) {
  DateEvent payload{.id = row.id,
                    .eventId = row.event,
                    .startsAt = row.starts_at,
                    .bookingFrom = row.booking.from,
                    .bookingUntil = row.booking.until,
                    .layout = row.layout,
                    .firstSeatId = row.first_seat,
                    .seats = std::int64_t(row.seats.size()),
                    .categories = {},
                    .deleted = row.deleted_at.has_value()};
  for (const auto& category : row.categories)
    payload.categories.push_back({category.id, category.name, category.price, 0});
  for (const auto& seat : row.seats) ++payload.categories[seat.category].seats;
  return payload;
}

std::string full_type(std::string_view entity, std::string_view name) {
  return fmt::format("stagedoor.{}.{}.v1", entity, name);
}

OutboxRow reservation_event(const Reservation& row, std::string_view name, json::Omitted<UserId> previous,
                            Ids& ids) {
  return {.id = ids.next<OutboxId>(),
          .key = fmt::format("reservation/{}", row.id.value),
          .version = row.version,
          .type = full_type("reservation", name),
          .payload = json::to_text(ReservationEvent{.id = row.id,
                                                    .seatId = row.seat,
                                                    .dateId = row.date,
                                                    .eventId = row.event,
                                                    .userId = row.user,
                                                    .status = row.status,
                                                    .reason = row.reason,
                                                    .price = row.price,
                                                    .expiresAt = row.expires_at,
                                                    .previousUserId = previous}),
          .created_at = row.updated_at};
}

}  // namespace

OutboxRow event_of(const Reservation& row, Ids& ids) {
  return reservation_event(row, name_of(row.status, row.reason), {}, ids);
}

OutboxRow reassigned_event_of(const Reservation& row, const UserId& previous, Ids& ids) {
  return reservation_event(row, "reassigned", previous, ids);
}

OutboxRow event_of(const Posting& posting, const UserId& user, Ids& ids) {
  return {.id = ids.next<OutboxId>(),
          .key = fmt::format("wallet/{}", posting.wallet.value),
          .version = posting.seq,
          .type = full_type("wallet", name_of(posting.type)),
          .payload = json::to_text(WalletEvent{
              .walletId = posting.wallet,
              .userId = user,
              .amount = posting.amount,
              .balanceAfter = posting.balance_after,
              .reservationId = posting.reservation ? std::optional(posting.reservation) : std::nullopt}),
          .created_at = posting.created_at};
}

OutboxRow event_of(const Payment& payment, Ids& ids) {
  return {.id = ids.next<OutboxId>(),
          .key = fmt::format("payment/{}", payment.id.value),
          .version = 1,
          .type = full_type("payment", "made"),
          .payload = json::to_text(PaymentEvent{.id = payment.id,
                                                .userId = payment.user,
                                                .total = payment.total,
                                                .reservationIds = payment.reservations}),
          .created_at = payment.created_at};
}

namespace {

OutboxRow ticket_event(const Reservation& row, std::int32_t ticket, TicketStatus status, Ids& ids) {
  return {.id = ids.next<OutboxId>(),
          .key = fmt::format("ticket/{}.{}", row.id.value, ticket),
          .version = status == TicketStatus::ISSUED ? 1 : 2,
          .type = full_type("ticket", status == TicketStatus::ISSUED ? "issued" : "revoked"),
          .payload = json::to_text(TicketEvent{.serial = to_text(ids.serial_of({row.id, ticket})),
                                               .reservationId = row.id,
                                               .eventId = row.event,
                                               .dateId = row.date,
                                               .seatId = row.seat,
                                               .status = status}),
          .created_at = row.updated_at};
}

}  // namespace

void add_ticket_events(const Reservation& row, Ids& ids, Changes& changes) {
  if (!row.paid_at) return;
  const bool is_paid = row.status == ReservationStatus::PAID;
  const bool is_first = is_paid && row.updated_at == *row.paid_at;  // of its tickets
  if (!is_first) changes.outbox.push_back(ticket_event(row, row.version - 1, TicketStatus::REVOKED, ids));
  if (is_paid) changes.outbox.push_back(ticket_event(row, row.version, TicketStatus::ISSUED, ids));
}

OutboxRow event_of(const TicketUse& use, const Reservation& row, std::vector<TicketScan> scans,
                   std::string_view name, Ids& ids) {
  const TicketStatus status = scans.empty() ? TicketStatus::ISSUED : TicketStatus::USED;
  return {
      .id = ids.next<OutboxId>(),
      .key = fmt::format("check-in/{}.{}", use.reservation.value, use.ticket),
      .version = use.version,
      .type = full_type("ticket", name),
      .payload = json::to_text(TicketEvent{.serial = to_text(ids.serial_of({use.reservation, use.ticket})),
                                           .reservationId = row.id,
                                           .eventId = row.event,
                                           .dateId = row.date,
                                           .seatId = row.seat,
                                           .status = status,
                                           .scans = std::move(scans)}),
      .created_at = use.updated_at};
}

std::string key_of(const Event& event) { return fmt::format("event/{}", event.id.value); }
std::string key_of(const EventDate& date) { return fmt::format("date/{}", date.id.value); }
std::string draw_key(EventId event) { return fmt::format("draw/{}", event.value); }
std::string queue_key(EventId event) { return fmt::format("queue/{}", event.value); }

void add_events_of(const Event& row, const Event* before, const View& view, BatchContext& context,
                   Changes& changes) {
  const std::string key = key_of(row);
  const CatalogueEvent payload = payload_of(row);
  std::int64_t version = before ? version_of(view, key) : 0;
  const auto publish = [&](std::string_view name) {
    add(changes, context, key, ++version, full_type("event", name), json::to_text(payload));
  };
  if (!before) return publish("created");
  CatalogueEvent was = payload_of(*before);
  const bool has_new_policy = !same(was.queue, payload.queue) || !same(was.policy, payload.policy);
  was.queue = payload.queue;
  was.policy = payload.policy;
  if (!same(was, payload)) publish("changed");
  if (has_new_policy) publish("policy_changed");
}

void add_events_of(const EventDate& row, const EventDate* before, const View& view, BatchContext& context,
                   Changes& changes, const DateCancellation* cancellation) {
  const std::string key = key_of(row);
  DateEvent payload = payload_of(row);
  if (cancellation) {
    payload.cancelReason = cancellation->reason;
    if (cancellation->carry_to) payload.carriedToId = cancellation->carry_to;
  }
  std::int64_t version = before ? version_of(view, key) : 0;
  const auto publish = [&](std::string_view name) {
    add(changes, context, key, ++version, full_type("date", name), json::to_text(payload));
  };
  if (!before) return publish("added");
  if (cancellation) return publish("cancelled");
  DateEvent was = payload_of(*before);
  const bool has_new_price = !same(was.categories, payload.categories);
  was.categories = payload.categories;
  if (!same(was, payload)) publish("changed");
  if (has_new_price) publish("price_changed");
}

void add_event_of(const Draw& row, const View& view, BatchContext& context, Changes& changes) {
  DrawEvent payload{
      .eventId = row.event,
      .algorithm = std::string(protocol::draw_algorithm_name(row.algorithm)),
      .commitment = to_hex(protocol::draw_commitment({row.algorithm, row.seed, row.event, row.opens_at})),
      .opensAt = row.opens_at,
      .committedAt = row.committed_at,
      .beaconSource = row.beacon_source};
  if (row.drawn_at) {
    payload.beacon = row.beacon;
    payload.drawnAt = row.drawn_at;
    payload.people = row.people;
    payload.digest = to_hex(row.digest);
    payload.seed = to_hex(row.seed);
  }
  std::string key = draw_key(row.event);
  const std::int64_t version = 1 + version_of(view, key);
  add(changes, context, std::move(key), version, full_type("draw", row.drawn_at ? "drawn" : "committed"),
      json::to_text(payload));
}

void add_event_of(const AdmittedEvent& admitted, const View& view, BatchContext& context, Changes& changes) {
  std::string key = queue_key(admitted.event);
  const std::int64_t version = 1 + version_of(view, key);
  add(changes, context, std::move(key), version, full_type("queue", "admitted"), json::to_text(admitted));
}

std::string type_of(const OutboxRow& row) {
  if (row.type.starts_with("stagedoor.")) return row.type;
  if (row.type == "reservation.reserved") return full_type("reservation", "held");
  if (row.type == "reservation.cancelled" && row.payload.find(R"("reason":"LAPSED")") != std::string::npos)
    return full_type("reservation", "lapsed");
  return "stagedoor." + row.type + ".v1";
}

}  // namespace stagedoor::events
