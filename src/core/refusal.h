// A refusal: the request was understood and is not carried out. Codes are those of the API;
// http/render_refusal.h maps each to its status. Outages are exceptions and bugs are ensure() (ensure.h),
// never a Refusal.
#pragma once

#include <boost/describe/enum.hpp>
#include <boost/system/result.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stagedoor {

BOOST_DEFINE_ENUM_CLASS(Code, INVALID_REQUEST, INVALID_AMOUNT, EVENT_ID_REQUIRED, DATE_AMBIGUOUS,
                        TOKEN_NOT_FOUND, TOKEN_EXPIRED, ADMIN_KEY_INVALID, NOT_ENOUGH_BALANCE,
                        WRONG_TOKEN_TURN, WRONG_TOKEN_EVENT, FORBIDDEN, EVENT_NOT_FOUND, EVENT_DATE_NOT_FOUND,
                        SEAT_NOT_FOUND, RESERVATION_NOT_FOUND, NOT_FOUND, METHOD_NOT_ALLOWED, SEAT_OCCUPIED,
                        NO_SEAT_AVAILABLE, NO_SEATS_TOGETHER, SEAT_LIMIT_EXCEEDED, BOOKING_CLOSED,
                        EVENT_NOT_ON_SALE, RESERVATION_ALREADY_PAID, WRONG_RESERVATION_STATUS,
                        IDEMPOTENCY_MISMATCH, BALANCE_LIMIT_EXCEEDED, DRAW_FIXED, TICKET_ALREADY_USED,
                        TICKET_REVOKED, TICKET_NOT_FOUND, RESERVATION_EXPIRED, PAYLOAD_TOO_LARGE,
                        POLL_TOO_SOON, RATE_LIMITED, INTERNAL, OVERLOADED, STORE_UNAVAILABLE, OUTCOME_UNKNOWN)

struct FieldError {
  std::string path = {};  // "seatIds[2]", "" for the body as a whole
  std::string message = {};
};

struct Refusal {
  Code code = Code::INTERNAL;
  std::string message = {};              // for people: what is wrong and what to do
  std::vector<FieldError> details = {};  // only if the cause has a path
  std::vector<std::pair<std::string, std::string>> extra =
      {};  // further members of the body; the value is JSON text
  std::vector<std::pair<std::string, std::string>> headers = {};  // Location, Retry-After, Allow
  std::size_t more_details = 0;                                   // errors that `details` leaves out
};

template <class T>
using Result = boost::system::result<T, Refusal>;

// A fault of the request itself, which the client can see without knowing anything else.
constexpr bool is_fault(Code code) { return code == Code::INVALID_REQUEST || code == Code::INVALID_AMOUNT; }

// The refusal of a request that was read in parts: nullopt if all parts are valid. If parts have faults, one
// refusal with all of them (R-X3), INVALID_AMOUNT if one of them has that (R-W5); else the first refusal.
template <class... Parts>
std::optional<Refusal> refusal_of(const Result<Parts>&... parts) {
  std::optional<Refusal> first, faults;
  [[maybe_unused]] const auto add = [&](const auto& part) {
    if (part) return;
    const Refusal& next = part.error();
    if (!first) first = next;
    if (!is_fault(next.code)) return;
    if (!faults) {
      faults = next;
      return;
    }
    if (next.code == Code::INVALID_AMOUNT) faults->code = next.code;
    faults->details.insert(faults->details.end(), next.details.begin(), next.details.end());
    faults->more_details += next.more_details;
  };
  (add(parts), ...);
  return faults ? faults : first;
}

// boost::system::result calls this when value() is called on a refusal, which is a bug of the caller.
[[noreturn]] void throw_exception_from_error(const Refusal& refusal, const boost::source_location& where);

}  // namespace stagedoor
