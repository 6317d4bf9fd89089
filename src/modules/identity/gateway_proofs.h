// Mode `gateway`: a reverse proxy in front names the user in a header, and proves by a shared secret that it
// is the proxy (R-W8).
#pragma once

#include <string>

#include "modules/identity/proofs.h"

namespace stagedoor::identity {

class GatewayProofs final : public Proofs {
 public:
  // The header of the secret.
  static constexpr std::string_view kSecretHeader = "X-Stagedoor-Gateway";

  // `user_header`: the header with the user's UUID.
  GatewayProofs(std::string user_header, std::string secret)
      : user_header_(std::move(user_header)), secret_(std::move(secret)) {}

  // Requires a request of a trusted proxy with the secret, and one header that names the user.
  Result<Caller> of(const http::Request& request) const override;

 private:
  std::string user_header_;
  std::string secret_;
};

}  // namespace stagedoor::identity
