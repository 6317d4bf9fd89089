#include "protocol/ticket_layout.h"

#include <algorithm>
#include <boost/endian/conversion.hpp>

#include "core/base64url.h"

namespace stagedoor::protocol {
namespace {

using boost::endian::endian_load, boost::endian::endian_store, boost::endian::order;
using boost::endian::load_big_u32, boost::endian::load_big_u64;
using boost::endian::store_big_u32, boost::endian::store_big_u64;

constexpr std::uint8_t kForm = 1;
constexpr std::size_t kKeyIdAt = 1, kSerialAt = 5, kReservationAt = 13, kEventAt = 20, kDateAt = 27,
                      kSeatAt = 34, kHolderAt = 41;
constexpr std::size_t kIdSize = 7;  // kIdMax fits

void store_id(std::uint8_t* at, std::int64_t id) { endian_store<std::int64_t, kIdSize, order::big>(at, id); }
std::int64_t load_id(const std::uint8_t* at) { return endian_load<std::int64_t, kIdSize, order::big>(at); }

}  // namespace

TicketBytes encode_ticket(std::uint32_t key_id, const TicketClaims& claims) {
  TicketBytes ticket{};
  ticket[0] = kForm;
  store_big_u32(&ticket[kKeyIdAt], key_id);
  store_big_u64(&ticket[kSerialAt], claims.serial.value);
  store_id(&ticket[kReservationAt], claims.reservation.value);
  store_id(&ticket[kEventAt], claims.event.value);
  store_id(&ticket[kDateAt], claims.date.value);
  store_id(&ticket[kSeatAt], claims.seat.value);
  std::ranges::copy(claims.holder, &ticket[kHolderAt]);
  return ticket;
}

std::optional<TicketBytes> ticket_bytes(std::string_view text) {
  TicketBytes ticket{};
  if (!base64url_decode(text, ticket) || ticket[0] != kForm) return std::nullopt;
  return ticket;
}

std::uint32_t ticket_key_id(const TicketBytes& ticket) { return load_big_u32(&ticket[kKeyIdAt]); }

TicketClaims ticket_claims(const TicketBytes& ticket) {
  TicketClaims claims{.serial = {load_big_u64(&ticket[kSerialAt])},
                      .reservation = {load_id(&ticket[kReservationAt])},
                      .event = {load_id(&ticket[kEventAt])},
                      .date = {load_id(&ticket[kDateAt])},
                      .seat = {load_id(&ticket[kSeatAt])}};
  std::copy_n(&ticket[kHolderAt], claims.holder.size(), claims.holder.begin());
  return claims;
}

}  // namespace stagedoor::protocol
