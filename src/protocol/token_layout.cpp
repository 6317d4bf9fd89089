#include "protocol/token_layout.h"

#include <algorithm>
#include <boost/endian/conversion.hpp>

#include "core/base64url.h"

namespace stagedoor::protocol {
namespace {

using boost::endian::load_big_s64, boost::endian::load_big_u32;
using boost::endian::store_big_s64, boost::endian::store_big_u32;

constexpr std::uint8_t kTokenVersion = 1;
constexpr std::size_t kTokenKeyIdAt = 1, kTokenEventAt = 5, kPlaceAt = 13, kUserAt = 17, kIssuedAt = 33;

}  // namespace

TokenBytes encode_token(std::uint32_t key_id, const TokenClaims& claims) {
  TokenBytes token{};
  token[0] = kTokenVersion;
  store_big_u32(&token[kTokenKeyIdAt], key_id);
  store_big_s64(&token[kTokenEventAt], claims.event.value);
  store_big_u32(&token[kPlaceAt], claims.place);
  std::ranges::copy(claims.user.bytes, &token[kUserAt]);
  store_big_s64(&token[kIssuedAt], to_ms(claims.issued_at));
  return token;
}

std::optional<TokenBytes> token_bytes(std::string_view text) {
  TokenBytes token{};
  if (!base64url_decode(text, token) || token[0] != kTokenVersion) return std::nullopt;
  return token;
}

std::uint32_t key_id_of(const TokenBytes& token) { return load_big_u32(&token[kTokenKeyIdAt]); }

TokenClaims claims_of(const TokenBytes& token) {
  TokenClaims claims;
  claims.event.value = load_big_s64(&token[kTokenEventAt]);
  claims.place = load_big_u32(&token[kPlaceAt]);
  std::copy_n(&token[kUserAt], claims.user.bytes.size(), claims.user.bytes.begin());
  claims.issued_at = from_ms(load_big_s64(&token[kIssuedAt]));
  return claims;
}

std::optional<TokenClaims> unverified_claims(std::string_view text) {
  const auto token = token_bytes(text);
  if (!token) return std::nullopt;
  return claims_of(*token);
}

}  // namespace stagedoor::protocol
