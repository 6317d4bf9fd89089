#include "http/tls.h"

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace stagedoor::http {

namespace ssl = boost::asio::ssl;

std::shared_ptr<ssl::context> make_tls(const ServerConfig& config) {
  auto tls = std::make_shared<ssl::context>(ssl::context::tls_server);
  tls->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
  boost::system::error_code error;
  const auto check = [&](std::string_view what, const std::string& file) {
    if (error) throw std::runtime_error(fmt::format("cannot load {} {}: {}", what, file, error.message()));
  };
  tls->use_certificate_chain_file(config.tls_certificate, error);
  check("certificate", config.tls_certificate);
  tls->use_private_key_file(config.tls_key, ssl::context::pem, error);
  check("private key", config.tls_key);
  return tls;
}

}  // namespace stagedoor::http
