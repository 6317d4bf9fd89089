#include "jwt/keys.h"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include <algorithm>
#include <boost/json/value.hpp>

#include "core/sha256.h"
#include "json/parse.h"
#include "jwt/base64.h"

namespace stagedoor::jwt {
namespace {

namespace bj = boost::json;

constexpr std::size_t kCoordinateSize = 32;      // of P-256 and Ed25519
constexpr std::size_t kEs256SignatureSize = 64;  // R and S

template <auto Free>
struct FreeBy {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Number = std::unique_ptr<BIGNUM, FreeBy<BN_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, FreeBy<ECDSA_SIG_free>>;
using Context = std::unique_ptr<EVP_MD_CTX, FreeBy<EVP_MD_CTX_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeBy<EVP_PKEY_CTX_free>>;
using ParamBuild = std::unique_ptr<OSSL_PARAM_BLD, FreeBy<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, FreeBy<OSSL_PARAM_free>>;

Number number_of(std::span<const std::uint8_t> bytes) {
  return Number(BN_bin2bn(bytes.data(), int(bytes.size()), nullptr));
}

// OpenSSL keeps a queue of errors for each thread; what is refused here is nobody's error.
struct ForgetErrors {
  ~ForgetErrors() { ERR_clear_error(); }
};

struct Malformed {
  FieldError error;
};
struct Unusable {
  std::string why;
};

// The members of one key; throws Malformed.
class Members {
 public:
  Members(const bj::object& object, std::string path) : object_(object), path_(std::move(path)) {}

  bool has(std::string_view name) const { return object_.contains(name); }
  std::optional<std::string> optional(std::string_view name) const {
    const bj::value* value = object_.if_contains(name);
    if (!value) return std::nullopt;
    if (!value->is_string()) throw malformed(name, "must be a string");
    return std::string(value->get_string());
  }
  std::string needed(std::string_view name) const {
    if (auto text = optional(name)) return *text;
    throw malformed(name, "is missing");
  }
  Bytes bytes(std::string_view name) const {
    auto decoded = decode(needed(name));
    if (!decoded || decoded->empty()) throw malformed(name, "must be base64url without padding");
    return *decoded;
  }
  Bytes coordinate(std::string_view name) const {
    Bytes decoded = bytes(name);
    if (decoded.size() != kCoordinateSize)
      throw malformed(name, fmt::format("must have {} bytes", kCoordinateSize));
    return decoded;
  }
  bool is_for_verifying() const {
    const bj::value* uses = object_.if_contains("key_ops");
    if (!uses) return true;
    if (!uses->is_array()) throw malformed("key_ops", "must be an array");
    return std::ranges::any_of(uses->get_array(), [](const bj::value& use) {
      return use.is_string() && use.get_string() == "verify";
    });
  }
  Malformed malformed(std::string_view name, std::string message) const {
    return {{name.empty() ? path_ : fmt::format("{}.{}", path_, name), std::move(message)}};
  }

 private:
  const bj::object& object_;
  const std::string path_;
};

std::shared_ptr<EVP_PKEY> from_params(const char* type, const ParamBuild& build) {
  const Params params(OSSL_PARAM_BLD_to_param(build.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return nullptr;
  return {key, EVP_PKEY_free};
}

std::shared_ptr<EVP_PKEY> rsa_key(const Members& members) {
  const Number n = number_of(members.bytes("n")), e = number_of(members.bytes("e"));
  const int bits = BN_num_bits(n.get());
  if (bits < JwtKeys::kRsaBitsMin || bits > JwtKeys::kRsaBitsMax)
    throw Unusable{fmt::format("has {} bits; an RSA key needs {} to {}", bits, JwtKeys::kRsaBitsMin,
                               JwtKeys::kRsaBitsMax)};
  const ParamBuild build(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  return from_params("RSA", build);
}

std::shared_ptr<EVP_PKEY> p256_key(const Members& members) {
  Bytes point{POINT_CONVERSION_UNCOMPRESSED};
  for (const char* name : {"x", "y"}) {
    const Bytes half = members.coordinate(name);
    point.insert(point.end(), half.begin(), half.end());
  }
  const ParamBuild build(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  return from_params("EC", build);
}

std::shared_ptr<EVP_PKEY> ed25519_key(const Members& members) {
  const Bytes x = members.coordinate("x");
  return {EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, x.data(), x.size()), EVP_PKEY_free};
}

struct Kind {
  std::string_view type, curve;  // "kty", "crv"
  Algorithm algorithm;
  std::string_view algorithm_name;
  std::shared_ptr<EVP_PKEY> (*make)(const Members&);
};
constexpr Kind kKinds[] = {{"RSA", "", Algorithm::RS256, "RS256", rsa_key},
                           {"EC", "P-256", Algorithm::ES256, "ES256", p256_key},
                           {"OKP", "Ed25519", Algorithm::EdDSA, "EdDSA", ed25519_key}};

const Kind& kind_of(const Members& members) {
  const std::string type = members.needed("kty");
  const std::string curve = type == "EC" || type == "OKP" ? members.needed("crv") : "";
  for (const Kind& kind : kKinds)
    if (kind.type == type && kind.curve == curve) return kind;
  throw Unusable{
      fmt::format("has the type {}{}{}, which verifies no proof", type, curve.empty() ? "" : " ", curve)};
}

KeyPrint print_of(const Key& key) {
  unsigned char* bytes = nullptr;
  const int size = i2d_PUBKEY(key.pkey.get(), &bytes);
  std::string text = fmt::format("{}:{}:{}:", int(key.algorithm), key.id ? 1 : 0, key.id.value_or(""));
  text.append(reinterpret_cast<const char*>(bytes), std::size_t(std::max(size, 0)));
  OPENSSL_free(bytes);
  KeyPrint print;
  std::ranges::copy_n(sha256(text).begin(), print.size(), print.begin());
  return print;
}

// Throws Malformed, Unusable.
Key read_key(const Members& members) {
  const Kind& kind = kind_of(members);
  if (members.optional("use").value_or("sig") != "sig") throw Unusable{"is not for signatures (use)"};
  if (!members.is_for_verifying()) throw Unusable{"is not for verifying (key_ops)"};
  if (members.optional("alg").value_or(std::string(kind.algorithm_name)) != kind.algorithm_name)
    throw Unusable{fmt::format("is for {}, not for {}", members.needed("alg"), kind.algorithm_name)};
  if (members.has("d")) throw Unusable{"is a private key, which does not belong in a set of public keys"};
  Key key{.id = members.optional("kid"), .algorithm = kind.algorithm, .pkey = kind.make(members)};
  const KeyContext context(key.pkey ? EVP_PKEY_CTX_new_from_pkey(nullptr, key.pkey.get(), nullptr) : nullptr);
  if (!context || EVP_PKEY_public_check(context.get()) != 1)
    throw members.malformed("", fmt::format("is no public key for {}", kind.algorithm_name));
  key.print = print_of(key);
  return key;
}

}  // namespace

boost::system::result<JwtKeys, FieldError> JwtKeys::parse(std::string_view text) {
  const ForgetErrors forget;
  json::FieldErrors errors;
  const auto document = json::parse(text, errors);
  if (!errors.empty()) return errors.take().front();
  const bj::object* set = document ? document->if_object() : nullptr;
  const bj::value* list = set ? set->if_contains("keys") : nullptr;
  if (!list || !list->is_array()) return FieldError{"keys", "must be an array: a JSON Web Key Set"};
  if (list->get_array().size() > kKeysMax)
    return FieldError{"keys", fmt::format("has more than {} keys", kKeysMax)};
  JwtKeys keys;
  for (std::size_t i = 0; i < list->get_array().size(); ++i) {
    const std::string path = fmt::format("keys[{}]", i);
    const bj::object* object = list->get_array()[i].if_object();
    if (!object) return FieldError{path, "must be an object"};
    try {
      Key key = read_key(Members(*object, path));
      if (key.id && std::ranges::any_of(keys.keys_, [&](const Key& other) { return other.id == key.id; }))
        return FieldError{path + ".kid", "is the id of another key, too"};
      keys.keys_.push_back(std::move(key));
    } catch (const Unusable& unusable) {
      keys.skipped_.push_back({path, unusable.why});
    } catch (const Malformed& malformed) {
      return malformed.error;
    }
  }
  return keys;
}

const Key* JwtKeys::find(const std::optional<std::string>& id, Algorithm algorithm) const {
  const Key* found = nullptr;
  for (const Key& key : keys_) {
    if (id ? key.id != id : key.algorithm != algorithm) continue;
    if (found) return nullptr;
    found = &key;
  }
  return found;
}

bool JwtKeys::contains(const KeyPrint& print) const {
  return std::ranges::any_of(keys_, [&](const Key& key) { return key.print == print; });
}

bool Key::verifies(std::string_view text, std::span<const std::uint8_t> signature) const {
  const ForgetErrors forget;
  const Context context(EVP_MD_CTX_new());
  const EVP_MD* const digest = algorithm == Algorithm::EdDSA ? nullptr : EVP_sha256();
  if (!context || EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, pkey.get()) != 1)
    return false;
  const auto judge = [&](const unsigned char* bytes, std::size_t size) {
    return EVP_DigestVerify(context.get(), bytes, size, reinterpret_cast<const unsigned char*>(text.data()),
                            text.size()) == 1;
  };
  if (algorithm != Algorithm::ES256) return judge(signature.data(), signature.size());
  // RFC 7518, 3.4: R and S side by side; OpenSSL takes them as DER.
  if (signature.size() != kEs256SignatureSize) return false;
  const Signature numbers(ECDSA_SIG_new());
  Number r = number_of(signature.first(kCoordinateSize)), s = number_of(signature.last(kCoordinateSize));
  if (!numbers || ECDSA_SIG_set0(numbers.get(), r.release(), s.release()) != 1) return false;
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(numbers.get(), &der);
  const bool is_right = size > 0 && judge(der, std::size_t(size));
  OPENSSL_free(der);
  return is_right;
}

}  // namespace stagedoor::jwt
