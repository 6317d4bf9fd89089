#include "modules/identity/place_tokens.h"

#include <algorithm>

#include "core/refusals.h"
#include "modules/identity/bearer.h"

namespace stagedoor::identity {
namespace {

// Ends when its token is revoked.
class UnrevokedStream final : public EventStream {
 public:
  UnrevokedStream(std::shared_ptr<EventStream> inner, const Revocations& revocations,
                  const protocol::TokenClaims& token)
      : inner_(std::move(inner)), revocations_(revocations), user_(token.user), issued_at_(token.issued_at) {}
  bool next(std::string& text, std::shared_ptr<const std::string>& shared) override {
    return !revocations_.revokes(user_, issued_at_) && inner_->next(text, shared);
  }

 private:
  std::shared_ptr<EventStream> inner_;
  const Revocations& revocations_;
  UserId user_;
  TimePoint issued_at_;
};

}  // namespace

std::string_view PlaceTokens::presented(const http::Request& request) const {
  const std::string_view text = request.header("queue-token");
  if (!text.empty()) return after_bearer(text).value_or(text);
  if (options_.headers == TokenHeaders::queue_token) return {};
  return after_bearer(request.header("Authorization")).value_or("");
}

std::string PlaceTokens::presented_on_stream(const http::Request& request) const {
  if (const auto token = presented(request); !token.empty()) return std::string(token);
  const std::string text = request.query("token").value_or("");
  return std::string(after_bearer(text).value_or(text));
}

Result<protocol::TokenClaims> PlaceTokens::check(std::string_view presented) const {
  const auto claims = keys_.verify(presented);
  if (!claims) return refuse(Code::TOKEN_NOT_FOUND, "Send the token that POST /queue returned.");
  if (end_of(*claims) <= clock_.now()) {
    return refuse(Code::TOKEN_EXPIRED, "This token has expired. Join the queue again.");
  }
  if (options_.revocations && options_.revocations->revokes(claims->user, claims->issued_at))
    return refuse(Code::TOKEN_EXPIRED, "This token has been revoked. Join the queue again.");
  return *claims;
}

Result<protocol::TokenClaims> PlaceTokens::check_place(std::string_view presented) const {
  auto claims = check(presented);
  if (claims && !claims->event) return unknown_token();
  return claims;
}

protocol::TokenClaims PlaceTokens::renewed(protocol::TokenClaims claims) const {
  const auto from = options_.revocations ? options_.revocations->not_before(claims.user) : std::nullopt;
  if (from) claims.issued_at = std::max(claims.issued_at, *from);
  return claims;
}

Result<protocol::TokenClaims> PlaceTokens::of(const http::Request& request) const {
  auto claims = check(presented(request));
  if (!claims) return claims;
  if (auto limited = count(request, claims->user)) return std::move(*limited);
  return claims;
}

Result<protocol::TokenClaims> PlaceTokens::place_of(const http::Request& request) const {
  auto claims = of(request);
  if (claims && !claims->event) return unknown_token();
  return claims;
}

std::optional<Refusal> PlaceTokens::count(const http::Request& request, const UserId& user) const {
  if (!options_.limits) return std::nullopt;
  return options_.limits->check_token(request.limit_class, request.client, user);
}

Result<Answer> PlaceTokens::open_stream(const http::Request& request, const protocol::TokenClaims& token,
                                        std::shared_ptr<EventStream> stream) const {
  if (options_.limits) {
    const auto key = mix_key(static_cast<std::uint64_t>(token.event.value), token.place);
    auto counted = options_.limits->count_stream(request.client, key, std::move(stream));
    if (!counted) return counted.error();
    stream = std::move(*counted);
  }
  if (options_.revocations)
    stream = std::make_shared<UnrevokedStream>(std::move(stream), *options_.revocations, token);
  return Answer{.stream = std::move(stream)};
}

}  // namespace stagedoor::identity
