#include "modules/identity/gateway_proofs.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/refusals.h"
#include "core/same_secret.h"

namespace stagedoor::identity {
namespace {

// A proxy that adds its header to the one of the client, instead of replacing it, must not let the client
// choose.
std::optional<std::string_view> only_header(const http::Request& request, std::string_view name) {
  const auto is_it = [&](const http::Header& header) { return header.is(name); };
  if (std::ranges::count_if(request.headers, is_it) != 1) return std::nullopt;
  return request.header(name);
}

}  // namespace

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
