#include "jwt/verify.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <boost/describe/enum_to_string.hpp>
#include <boost/json/value.hpp>

#include "core/ensure.h"
#include "json/parse.h"
#include "jwt/base64.h"

namespace stagedoor::jwt {
namespace {

namespace bj = boost::json;
template <class T>
using Outcome = boost::system::result<T, Why>;

constexpr std::size_t kUserClaimMax = 255;  // characters, as OpenID Connect has it for "sub"

Outcome<bj::object> read_object(const Bytes& bytes) {
  json::FieldErrors errors;
  auto value = json::parse(as_text(bytes), errors);
  if (!value || !value->is_object()) return Why::malformed;
  if (!errors.empty()) return Why::doubled_member;
  return std::move(value->get_object());
}

std::optional<std::string> text_member(const bj::object& object, std::string_view name) {
  const bj::value* value = object.if_contains(name);
  if (!value || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

std::optional<Algorithm> algorithm_of(const bj::object& header) {
  const auto name = text_member(header, "alg");
  if (name == "RS256") return Algorithm::RS256;
  if (name == "ES256") return Algorithm::ES256;
  if (name == "EdDSA") return Algorithm::EdDSA;
  return std::nullopt;
}

// RFC 8725, 3.11: a signature of another use (a logout, a DPoP proof) proves nobody.
bool is_type_of_a_proof(const bj::object& header) {
  if (!header.contains("typ")) return true;
  std::string type = text_member(header, "typ").value_or("?");
  std::ranges::transform(type, type.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  if (type.starts_with("application/")) type.erase(0, std::string_view("application/").size());
  return type == "jwt" || type == "at+jwt";
}

// The key that the header asks for; its algorithm is the header's.
Outcome<const Key*> key_of(const bj::object& header, const JwtKeys& keys) {
  if (header.contains("crit") || header.contains("b64")) return Why::critical_header;
  if (!is_type_of_a_proof(header)) return Why::wrong_type;
  const auto algorithm = algorithm_of(header);
  if (!algorithm) return Why::unknown_algorithm;
  const auto id = text_member(header, "kid");
  if (header.contains("kid") && !id) return Why::malformed;
  const Key* const key = keys.find(id, *algorithm);
  if (!key) return Why::unknown_key;
  if (key->algorithm != *algorithm) return Why::wrong_algorithm;
  return key;
}

// A time in seconds, which may have a fraction.
std::optional<TimePoint> time_of(const bj::value& value) {
  constexpr double kMost = 253'402'300'799;  // the end of the year 9999
  if (!value.is_number()) return std::nullopt;
  const double seconds = value.to_number<double>();
  if (!(seconds >= 0 && seconds <= kMost)) return std::nullopt;
  return from_ms(std::int64_t(seconds * 1000));
}

// Fills `proof` with the times.
std::optional<Why> check_times(const bj::object& claims, TimePoint now, Proof& proof) {
  const auto read = [&](std::string_view name, TimePoint& into) {
    const bj::value* value = claims.if_contains(name);
    if (!value) return true;
    const auto at = time_of(*value);
    into = at.value_or(TimePoint{});
    return at.has_value();
  };
  TimePoint not_before{};
  if (!read("exp", proof.expires) || !read("nbf", not_before) || !read("iat", proof.issued))
    return Why::malformed_claim;
  if (now >= proof.expires + kLeeway) return Why::expired;
  if (std::max(not_before, proof.issued) > now + kLeeway) return Why::not_yet_valid;
  return std::nullopt;
}

bool names_audience(const bj::object& claims, std::string_view audience) {
  const bj::value* value = claims.if_contains("aud");
  const auto is_it = [&](const bj::value& one) { return one.is_string() && one.get_string() == audience; };
  if (!value || !value->is_array()) return value && is_it(*value);
  return std::ranges::any_of(value->get_array(), is_it);
}

std::optional<UserId> user_of(const bj::object& claims, const JwtOptions& options) {
  const auto claim = text_member(claims, options.user_claim);
  if (!claim || claim->empty() || claim->size() > kUserClaimMax) return std::nullopt;
  return options.user_form == UserForm::uuid ? parse_uuid(*claim) : user_of_claim(options.issuer, *claim);
}

UserId uuid5(const UserId& space, std::string_view name) {
  std::string bytes(space.bytes.begin(), space.bytes.end());
  bytes += name;
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  ensure(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha1(), nullptr) == 1,
         "OpenSSL has SHA-1");
  UserId uuid;
  std::copy_n(digest.begin(), uuid.bytes.size(), uuid.bytes.begin());
  uuid.bytes[6] = std::uint8_t((uuid.bytes[6] & 0x0f) | 0x50);  // version 5
  uuid.bytes[8] = std::uint8_t((uuid.bytes[8] & 0x3f) | 0x80);  // the variant of RFC 9562
  return uuid;
}

}  // namespace

std::string_view to_string(Why why) { return boost::describe::enum_to_string(why, "?"); }

UserId user_of_claim(std::string_view issuer, std::string_view claim) {
  static const UserId kUrls = *parse_uuid("6ba7b811-9dad-11d1-80b4-00c04fd430c8");
  return uuid5(uuid5(kUrls, issuer), claim);
}

Outcome<Bytes> signed_bytes(std::string_view jws, const JwtKeys& keys, KeyPrint* print) {
  if (jws.size() > kProofMax) return Why::too_long;
  const auto dots = std::ranges::count(jws, '.');
  if (dots != 2) return dots == 4 ? Why::encrypted : Why::malformed;
  const std::size_t first = jws.find('.'), second = jws.rfind('.');
  const auto header_bytes = decode(jws.substr(0, first));
  auto payload = decode(jws.substr(first + 1, second - first - 1));
  const auto signature = decode(jws.substr(second + 1));
  if (!header_bytes || !payload || !signature) return Why::malformed;
  const auto header = read_object(*header_bytes);
  if (!header) return header.error();
  const auto key = key_of(*header, keys);
  if (!key) return key.error();
  if (!(*key)->verifies(jws.substr(0, second), *signature)) return Why::wrong_signature;
  if (print) *print = (*key)->print;
  return std::move(*payload);
}

Outcome<Proof> verify(std::string_view jws, const JwtKeys& keys, const JwtOptions& options,
                      TimePoint wall_now) {
  ensure(!options.issuer.empty() && !options.audience.empty(), "proofs are for somebody and from somebody");
  Proof proof;
  const auto bytes = signed_bytes(jws, keys, &proof.key);
  if (!bytes) return bytes.error();
  const auto claims = read_object(*bytes);
  if (!claims) return claims.error();
  if (text_member(*claims, "iss") != options.issuer) return Why::wrong_issuer;
  if (!names_audience(*claims, options.audience)) return Why::wrong_audience;
  if (const auto why = check_times(*claims, wall_now, proof)) return *why;
  const auto user = user_of(*claims, options);
  if (!user) return Why::malformed_claim;
  proof.user = *user;
  return proof;
}

void throw_exception_from_error(Why why, const boost::source_location& where) {
  die_of_bug(to_string(why), where);
}

}  // namespace stagedoor::jwt
