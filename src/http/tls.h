// TLS of the server: what it offers, and its certificate and key.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "http/server_config.h"

namespace stagedoor::http {

// Reads the certificate and the key. Throws std::runtime_error that names the file and the cause. Connections
// that were made with a context do not need it to stay alive.
std::shared_ptr<boost::asio::ssl::context> make_tls(const ServerConfig& config);

}  // namespace stagedoor::http
