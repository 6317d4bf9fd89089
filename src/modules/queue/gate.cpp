#include "modules/queue/gate.h"

#include <fmt/format.h>

namespace stagedoor {
namespace {

constexpr std::string_view kBearer = "bearer ";  // in any case

bool has_bearer(std::string_view text) {
  return text.size() >= kBearer.size() &&
         std::equal(kBearer.begin(), kBearer.end(), text.begin(), [](char expected, char c) {
           return expected == (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
         });
}

}  // namespace

std::string_view presented_token(const http::Request& request) {
  std::string_view text = request.header("queue-token");
  if (!text.empty()) return has_bearer(text) ? text.substr(kBearer.size()) : text;
  text = request.header("Authorization");
  return has_bearer(text) ? text.substr(kBearer.size()) : std::string_view{};
}

std::string presented_stream_token(const http::Request& request) {
  if (const auto token = presented_token(request); !token.empty()) return std::string(token);
  const std::string text = request.query("token").value_or("");
  return has_bearer(text) ? text.substr(kBearer.size()) : text;
}

Result<TokenClaims> Gate::token(std::string_view presented) const {
  const auto claims = keys_.verify(presented);
  if (!claims) return Failure{Code::TOKEN_NOT_FOUND, "Send the token you got from POST /queue.", {}, {}, {}};
  if (end_of(*claims) <= clock_.now()) {
    return Failure{Code::TOKEN_EXPIRED, "This token is too old. Join the queue again.", {}, {}, {}};
  }
  return *claims;
}

Result<TokenClaims> Gate::owner(const http::Request& request, const UserId& user) const {
  auto claims = token(request);
  if (claims && claims->user != user)
    return Failure{Code::FORBIDDEN, "This belongs to somebody else.", {}, {}, {}};
  return claims;
}

Result<TokenClaims> Gate::active(std::string_view presented, EventId event) const {
  auto claims = token(presented);
  if (!claims) return claims;
  if (claims->event != event)
    return Failure{Code::WRONG_TOKEN_EVENT, "This token is for another event.", {}, {}, {}};
  const auto fan = rooms_.look(*claims);
  if (!fan) return Failure{Code::TOKEN_NOT_FOUND, "This token is not known here.", {}, {}, {}};
  if (fan->standing.status == QueueStatus::ACTIVATED) return claims;
  return explain_turn({Code::WRONG_TOKEN_TURN, "It is not your turn yet.", {}, {}, {}}, *claims);
}

Failure Gate::explain_turn(Failure failure, const TokenClaims& token) const {
  if (failure.code != Code::WRONG_TOKEN_TURN) return failure;
  const auto fan = rooms_.look(token);
  if (!fan) return {Code::TOKEN_NOT_FOUND, "This token is not known here.", {}, {}, {}};
  if (fan->standing.status == QueueStatus::EXPIRED) {
    return {Code::TOKEN_EXPIRED, "This visit is over. Join the queue again.", {}, {}, {}};
  }
  const auto position = fan->standing.position;
  failure.extra = {{"position", position ? fmt::to_string(*position) : "null"},
                   {"pollAfterMs", fmt::to_string(fan->poll_after.count())}};
  return failure;
}

}  // namespace stagedoor
