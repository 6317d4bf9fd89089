#include "core/refusals.h"

#include <fmt/format.h>

namespace stagedoor {

Refusal refuse(Code code, std::string message) { return {.code = code, .message = std::move(message)}; }

Refusal invalid(std::string_view path, std::string message) {
  return {.code = Code::INVALID_REQUEST,
          .message = fmt::format("{} {}", path, message),
          .details = {{.path = std::string(path), .message = std::move(message)}}};
}

Refusal unknown_event(EventId id) {
  return refuse(Code::EVENT_NOT_FOUND, fmt::format("There is no event {}.", id.value));
}
Refusal unknown_date(DateId id) {
  return refuse(Code::EVENT_DATE_NOT_FOUND, fmt::format("There is no event date {}.", id.value));
}
Refusal unknown_reservation() { return refuse(Code::RESERVATION_NOT_FOUND, "There is no such reservation."); }
Refusal unknown_token() {
  return refuse(Code::TOKEN_NOT_FOUND, "This token has no place in the queue. Join the queue.");
}

Refusal not_yours(std::string_view what) {
  return refuse(Code::FORBIDDEN, fmt::format("This {} belongs to another user.", what));
}

Refusal wrong_event() { return refuse(Code::WRONG_TOKEN_EVENT, "This token is for another event."); }
Refusal not_your_turn() { return refuse(Code::WRONG_TOKEN_TURN, "It is not your turn yet."); }
Refusal visit_is_over() { return refuse(Code::TOKEN_EXPIRED, "This visit is over. Join the queue again."); }

Refusal overloaded() {
  return refuse(Code::OVERLOADED, "Too many requests are waiting. Nothing was done; try again shortly.");
}
Refusal store_unavailable() {
  return refuse(Code::STORE_UNAVAILABLE, "The store is unavailable. Nothing was done; try again shortly.");
}

}  // namespace stagedoor
