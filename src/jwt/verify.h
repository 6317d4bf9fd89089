// Verifies proofs of identity (R-W8): JSON Web Tokens in the compact form of RFC 7515, signed with RS256,
// ES256 or EdDSA. Pure: no clock, no input or output. Proofs seen before: seen_proofs.h.
#pragma once

#include <boost/describe/enum.hpp>
#include <boost/system/result.hpp>
#include <string>
#include <string_view>

#include "core/time.h"
#include "core/uuid.h"
#include "jwt/base64.h"
#include "jwt/keys.h"

namespace stagedoor::jwt {

inline constexpr std::size_t kProofMax = 8 * 1024;  // bytes of a proof
inline constexpr Millis kLeeway{60'000};            // between the provider's clock and ours

// How the claim names the user: as their UUID, or as any text, which user_of_claim() makes a UUID of.
enum class UserForm { uuid, hash };

struct JwtOptions {
  std::string issuer;    // "iss" must be this
  std::string audience;  // "aud" must be, or contain, this
  std::string user_claim = "sub";
  UserForm user_form = UserForm::uuid;
};

struct Proof {
  UserId user;
  TimePoint expires;  // "exp"
  TimePoint issued;   // "iat"; 1970 if the proof has none
  KeyPrint key{};     // that verified it

  bool operator==(const Proof&) const = default;
};

BOOST_DEFINE_ENUM_CLASS(Why,
                        too_long,           // over 8 KiB
                        malformed,          // not three parts of canonical base64url with JSON objects
                        encrypted,          // five parts
                        doubled_member,     // of the header or the claims, at any depth
                        wrong_type,         // "typ" is of another use of signatures
                        critical_header,    // "crit" or "b64"
                        unknown_algorithm,  // "none", HMAC and all others but the three
                        unknown_key,        // no key has the "kid": the keys may have been rotated
                        wrong_algorithm,    // not that of the key
                        wrong_signature,    //
                        malformed_claim,    // a time is not a number, or the user is not of the user form
                        expired,            // or without "exp"
                        not_yet_valid,      // "nbf" or "iat" is in the future
                        wrong_issuer,       //
                        wrong_audience)
// The name of the reason, for logs and metrics.
std::string_view to_string(Why why);

// The signed bytes of a JSON Web Signature. The algorithm is the key's; the header must name the same.
boost::system::result<Bytes, Why> signed_bytes(std::string_view jws, const JwtKeys& keys,
                                               KeyPrint* key = nullptr);

// Any thread. Takes about as long as the signature's verification: not for I/O threads.
boost::system::result<Proof, Why> verify(std::string_view jws, const JwtKeys& keys, const JwtOptions& options,
                                         TimePoint wall_now);

// The user with this claim at this issuer: UUIDv5(UUIDv5(RFC 9562's namespace of URLs, issuer), claim). Other
// programs compute it the same way.
UserId user_of_claim(std::string_view issuer, std::string_view claim);

// boost::system::result calls this when value() is called on a reason, which is a bug of the caller.
[[noreturn]] void throw_exception_from_error(Why why, const boost::source_location& where);

}  // namespace stagedoor::jwt
