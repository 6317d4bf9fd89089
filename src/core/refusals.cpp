#include "core/refusals.h"

#include <fmt/format.h>

namespace stagedoor {

Failure refuse(Code code, std::string message) { return {.code = code, .message = std::move(message)}; }

Failure invalid(std::string_view path, std::string message) {
  return {.code = Code::INVALID_REQUEST,
          .message = fmt::format("{} {}", path, message),
          .details = {{.path = std::string(path), .message = std::move(message)}}};
}

Failure unknown_event(EventId id) {
  return refuse(Code::EVENT_NOT_FOUND, fmt::format("There is no event {}.", id.value));
}
Failure unknown_date(DateId id) {
  return refuse(Code::EVENT_DATE_NOT_FOUND, fmt::format("There is no event date {}.", id.value));
}
Failure unknown_reservation() { return refuse(Code::RESERVATION_NOT_FOUND, "There is no such reservation."); }
Failure unknown_token() {
  return refuse(Code::TOKEN_NOT_FOUND, "This token has no place in the queue. Join the queue.");
}

Failure not_yours(std::string_view what) {
  return refuse(Code::FORBIDDEN, fmt::format("This {} belongs to another user.", what));
}

Failure wrong_event() { return refuse(Code::WRONG_TOKEN_EVENT, "This token is for another event."); }
Failure not_your_turn() { return refuse(Code::WRONG_TOKEN_TURN, "It is not your turn yet."); }
Failure visit_is_over() { return refuse(Code::TOKEN_EXPIRED, "This visit is over. Join the queue again."); }

Failure overloaded() {
  return refuse(Code::OVERLOADED, "Too many requests are waiting. Nothing was done; try again shortly.");
}
Failure store_unavailable() {
  return refuse(Code::STORE_UNAVAILABLE, "The store does not answer. Nothing was done; try again shortly.");
}

}  // namespace stagedoor
