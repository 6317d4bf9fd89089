#include "http/tls.h"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <stdexcept>
#include <string>
#include <string_view>

#include "core/ensure.h"
#include "core/log.h"

namespace stagedoor::http {
namespace {

namespace ssl = boost::asio::ssl;

// Of TLS 1.2: forward secrecy and authenticated encryption only. TLS 1.3 has no others.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr std::string_view kProtocols = "\x08http/1.1";  // in the form of ALPN

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
  unsigned char* found = nullptr;
  const int outcome =
      SSL_select_next_proto(&found, size, reinterpret_cast<const unsigned char*>(kProtocols.data()),
                            static_cast<unsigned int>(kProtocols.size()), offered, offered_size);
  *chosen = found;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void warn_of_readers(const std::string& key) {
  struct stat file {};
  if (::stat(key.c_str(), &file) != 0 || (file.st_mode & S_IRWXO) == 0) return;
  log(LogLevel::warn, "every user of this machine may read or change the private key of TLS",
      {{"file.path", key}, {"file.mode", fmt::format("{:04o}", file.st_mode & 07777)}});
}

}  // namespace

std::shared_ptr<ssl::context> make_tls(const ServerConfig& config) {
  auto tls = std::make_shared<ssl::context>(ssl::context::tls_server);
  tls->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
  SSL_CTX* const native = tls->native_handle();
  SSL_CTX_set_options(native, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION);
  ensure(SSL_CTX_set_cipher_list(native, kCiphers) == 1, "OpenSSL has the ciphers");
  SSL_CTX_set_alpn_select_cb(native, &choose_protocol, nullptr);
  boost::system::error_code error;
  const auto check = [&](std::string_view what, const std::string& file) {
    if (error) throw std::runtime_error(fmt::format("cannot load {} {}: {}", what, file, error.message()));
  };
  tls->use_certificate_chain_file(config.tls_certificate, error);
  check("certificate", config.tls_certificate);
  tls->use_private_key_file(config.tls_key, ssl::context::pem, error);
  check("private key", config.tls_key);
  warn_of_readers(config.tls_key);
  return tls;
}

}  // namespace stagedoor::http
