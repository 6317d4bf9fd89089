#include "api/idempotency.h"

#include <algorithm>
#include <optional>

#include "api/json_body.h"
#include "core/hex.h"
#include "core/refusals.h"
#include "core/sha256.h"

namespace stagedoor::api {
namespace {

constexpr std::string_view kHeader = "Idempotency-Key";

// The first header of that name; empty if it has no value.
std::optional<std::string_view> key_of(const http::Request& request) {
  const auto found =
      std::ranges::find_if(request.headers, [](const http::Header& header) { return header.is(kHeader); });
  return found == request.headers.end() ? std::nullopt : std::optional(found->value);
}

// Not every store can keep other bytes, and a key that a store refuses would cost the lane much.
bool is_key(std::string_view text) {
  constexpr std::size_t kMax = 255;
  return !text.empty() && text.size() <= kMax &&
         std::ranges::all_of(text, [](char one) { return one >= 0x21 && one <= 0x7E; });
}

}  // namespace

Result<Idempotency> idempotency_of(const http::Request& request, const UserId& user,
                                   std::string_view key_space) {
  const auto key = key_of(request);
  const TraceContext trace(request.traceparent);
  if (!key) return Idempotency{user, {}, {}, trace};
  if (!is_key(*key)) return invalid(kHeader, "must be 1 to 255 visible ASCII characters");
  std::string asked(http::to_string(request.method));
  asked += ' ';
  asked += request.path;
  asked += '\n';
  if (!is_empty_body(request.body)) asked += request.body;
  const Sha256 digest = sha256(asked);
  const std::string request_hash(digest.begin(), digest.end());
  if (key_space.empty()) return Idempotency{user, std::string(*key), request_hash, trace};
  // A digest, so that it is no longer than a key may be.
  const Sha256 of_key = sha256(*key);
  return Idempotency{
      user, std::string(key_space) + to_hex({reinterpret_cast<const char*>(of_key.data()), of_key.size()}),
      request_hash, trace};
}

Idempotency with_place(Idempotency idempotency, const PlaceRef& place) {
  if (idempotency.key.empty()) return idempotency;
  idempotency.request_hash += "\n" + std::to_string(place.event.value) + " " + std::to_string(place.place);
  const Sha256 digest = sha256(idempotency.request_hash);
  idempotency.request_hash.assign(digest.begin(), digest.end());
  return idempotency;
}

http::Parameter idempotency_parameter() {
  return {.name = std::string(kHeader),
          .description = "The same request with the same key within 24 h returns the first answer again",
          .in = http::ParameterPlace::header,
          .schema = [](http::Components&) -> boost::json::value {
            return {{"type", "string"}, {"pattern", "^[!-~]{1,255}$"}};
          }};
}

}  // namespace stagedoor::api
