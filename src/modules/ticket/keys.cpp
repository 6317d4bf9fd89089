#include "modules/ticket/keys.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <boost/endian/conversion.hpp>

#include "core/base64url.h"
#include "core/ensure.h"
#include "core/sha256.h"

namespace stagedoor::ticket {
namespace {

Sha256 hmac(std::string_view key, std::string_view bytes) {
  Sha256 code{};
  unsigned size = 0;
  ensure(HMAC(EVP_sha256(), key.data(), int(key.size()), reinterpret_cast<const unsigned char*>(bytes.data()),
              bytes.size(), code.data(), &size) != nullptr,
         "OpenSSL computes HMAC-SHA256");
  return code;
}

template <class Bytes>
std::string_view text_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
Context new_context() { return {EVP_MD_CTX_new(), &EVP_MD_CTX_free}; }

}  // namespace

struct TicketKeys::Key {
  std::string secret;
  EVP_PKEY* pair = nullptr;
  std::array<std::uint8_t, 32> public_key{};
  std::uint32_t id = 0;  // of the public key, so that everybody who has that finds it

  explicit Key(const std::string& of) : secret(of) {
    const Sha256 seed = hmac(secret, "stagedoor ticket signature");
    pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size());
    std::size_t size = public_key.size();
    ensure(pair && EVP_PKEY_get_raw_public_key(pair, public_key.data(), &size) == 1, "OpenSSL has Ed25519");
    id = boost::endian::load_big_u32(sha256(text_of(public_key)).data());
  }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  ~Key() { EVP_PKEY_free(pair); }

  std::string kid() const { return fmt::format("{:08x}", id); }
};

TicketKeys::TicketKeys(const std::vector<std::string>& secrets) {
  ensure(!secrets.empty(), "there is a key that signs tickets");
  for (const auto& secret : secrets) {
    keys_.push_back(std::make_unique<const Key>(secret));
    const Key& key = *keys_.back();
    jwks_ += fmt::format(R"({}{{"kty":"OKP","crv":"Ed25519","x":"{}","kid":"{}","use":"sig","alg":"EdDSA"}})",
                         jwks_.empty() ? "" : ",", base64url_encode(key.public_key), key.kid());
  }
  jwks_ = R"({"keys":[)" + jwks_ + "]}";
}

TicketKeys::~TicketKeys() = default;

std::string TicketKeys::signing_kid() const { return keys_.front()->kid(); }

std::string TicketKeys::sign(protocol::TicketClaims claims, const UserId& holder) const {
  const Key& key = *keys_.front();
  std::string user = "stagedoor ticket holder ";
  user.append(text_of(holder.bytes));
  std::copy_n(hmac(key.secret, user).begin(), claims.holder.size(), claims.holder.begin());
  protocol::TicketBytes bytes = protocol::encode_ticket(key.id, claims);
  const Context context = new_context();
  std::size_t size = protocol::kTicketSignatureSize;
  ensure(context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.pair) == 1 &&
             EVP_DigestSign(context.get(), &bytes[protocol::kTicketSignatureAt], &size, bytes.data(),
                            protocol::kTicketSignatureAt) == 1,
         "OpenSSL signs with Ed25519");
  return base64url_encode(bytes);
}

std::optional<protocol::TicketClaims> TicketKeys::verify(std::string_view text) const {
  const auto bytes = protocol::ticket_bytes(text);
  if (!bytes) return std::nullopt;
  for (const auto& key : keys_) {
    if (key->id != protocol::ticket_key_id(*bytes)) continue;
    const Context context = new_context();
    if (context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key->pair) == 1 &&
        EVP_DigestVerify(context.get(), &(*bytes)[protocol::kTicketSignatureAt],
                         protocol::kTicketSignatureSize, bytes->data(), protocol::kTicketSignatureAt) == 1)
      return protocol::ticket_claims(*bytes);
  }
  return std::nullopt;
}

}  // namespace stagedoor::ticket
