#include "modules/identity/gateway_proofs.h"

#include <fmt/format.h>

#include "core/refusals.h"
#include "core/same_secret.h"
#include "modules/identity/bearer.h"

namespace stagedoor::identity {

Result<Caller> GatewayProofs::of(const http::Request& request) const {
  const auto secret = only_header(request, kSecretHeader);
  if (!request.is_from_proxy || !secret || !is_same_secret(*secret, secret_))
    return refuse(Code::TOKEN_NOT_FOUND, "Send this request through the gateway, which knows who you are.");
  const auto text = only_header(request, user_header_);
  const auto user = text ? parse_uuid(*text) : std::nullopt;
  if (!user)
    return refuse(Code::TOKEN_NOT_FOUND,
                  fmt::format("Sign in: the gateway sent no {} with a UUID.", user_header_));
  return Caller{*user, Proof::gateway};
}

}  // namespace stagedoor::identity
