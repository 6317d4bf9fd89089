#include "modules/catalogue/availability.h"

#include <fmt/format.h>

#include <bit>
#include <vector>

#include "core/base64url.h"
#include "json/write.h"

namespace stagedoor::catalogue {

AvailabilityDto availability_dto(const EventDate& date, const SeatBits& occupied) {
  const std::size_t seats = date.seats.size();
  std::vector<std::uint8_t> free((seats + 7) / 8);
  std::int64_t left = 0;
  for (std::size_t i = 0; i < free.size(); ++i) {
    free[i] = static_cast<std::uint8_t>(~(occupied.word(i / 8) >> (i % 8 * 8)));
    if (seats - i * 8 < 8) free[i] = static_cast<std::uint8_t>(free[i] & ((1U << (seats - i * 8)) - 1));
    left += std::popcount(free[i]);
  }
  return {.eventDateId = date.id,
          .seatCount = left,
          .totalSeats = static_cast<std::int64_t>(seats),
          .bits = base64url_encode(free)};
}

Rendering render_availability(const EventDate& date, const SeatBits& occupied) {
  return {
      .body = fmt::format(R"({{"success":true,"data":{}}})", json::to_text(availability_dto(date, occupied))),
      .cache_control = kForOneCaller,
      .is_compressible = false};
}

}  // namespace stagedoor::catalogue
