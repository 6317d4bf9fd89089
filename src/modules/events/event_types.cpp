#include "modules/events/event_types.h"

#include <fmt/format.h>

#include "core/ensure.h"
#include "json/write.h"

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
  die_of_bug("a reservation has a status that exists", std::source_location::current());
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
  die_of_bug("a posting has a type that exists", std::source_location::current());
}

std::string full_type(std::string_view entity, std::string_view name) {
  return fmt::format("stagedoor.{}.{}.v1", entity, name);
}

}  // namespace

OutboxRow event_of(const Reservation& row, Ids& ids) {
  return {.id = ids.next<OutboxId>(),
          .key = fmt::format("reservation/{}", row.id.value),
          .version = row.version,
          .type = full_type("reservation", name_of(row.status, row.reason)),
          .payload = json::to_text(ReservationEvent{.id = row.id,
                                                    .seatId = row.seat,
                                                    .dateId = row.date,
                                                    .eventId = row.event,
                                                    .userId = row.user,
                                                    .status = row.status,
                                                    .reason = row.reason,
                                                    .price = row.price,
                                                    .expiresAt = row.expires_at}),
          .created_at = row.updated_at};
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

std::string type_of(const OutboxRow& row) {
  if (row.type.starts_with("stagedoor.")) return row.type;
  if (row.type == "reservation.reserved") return full_type("reservation", "held");
  if (row.type == "reservation.cancelled" && row.payload.find(R"("reason":"LAPSED")") != std::string::npos)
    return full_type("reservation", "lapsed");
  return "stagedoor." + row.type + ".v1";
}

}  // namespace stagedoor::events
