#include "modules/identity/place_tokens.h"

#include "core/refusals.h"
#include "modules/identity/bearer.h"

namespace stagedoor::identity {

std::string_view presented_token(const http::Request& request) {
  const std::string_view text = request.header("queue-token");
  if (!text.empty()) return after_bearer(text).value_or(text);
  return after_bearer(request.header("Authorization")).value_or("");
}

std::string presented_stream_token(const http::Request& request) {
  if (const auto token = presented_token(request); !token.empty()) return std::string(token);
  const std::string text = request.query("token").value_or("");
  return std::string(after_bearer(text).value_or(text));
}

Result<protocol::TokenClaims> PlaceTokens::check(std::string_view presented) const {
  const auto claims = keys_.verify(presented);
  if (!claims) return refuse(Code::TOKEN_NOT_FOUND, "Send the token that POST /queue returned.");
  if (end_of(*claims) <= clock_.now()) {
    return refuse(Code::TOKEN_EXPIRED, "This token has expired. Join the queue again.");
  }
  return *claims;
}

Result<protocol::TokenClaims> PlaceTokens::of(const http::Request& request) const {
  auto claims = check(presented_token(request));
  if (!claims || !limits_) return claims;
  if (auto limited = limits_->check_token(request.limit_class, request.client, claims->user))
    return std::move(*limited);
  return claims;
}

Result<Answer> PlaceTokens::open_stream(const http::Request& request, const protocol::TokenClaims& token,
                                        std::shared_ptr<EventStream> stream) const {
  if (limits_) {
    const auto key = mix_key(static_cast<std::uint64_t>(token.event.value), token.place);
    auto counted = limits_->count_stream(request.client, key, std::move(stream));
    if (!counted) return counted.error();
    stream = std::move(*counted);
  }
  return Answer{.stream = std::move(stream)};
}

}  // namespace stagedoor::identity
