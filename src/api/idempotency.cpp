#include "api/idempotency.h"

#include <algorithm>
#include <optional>

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

Result<Idempotency> idempotency_of(const http::Request& request, const UserId& user) {
  const auto key = key_of(request);
  if (!key) return Idempotency{user, {}, {}};
  if (!is_key(*key)) return invalid(kHeader, "must be 1 to 255 visible ASCII characters");
  std::string asked(http::to_string(request.method));
  asked += ' ';
  asked += request.path;
  asked += '\n';
  asked += request.body;
  const Sha256 digest = sha256(asked);
  return Idempotency{user, std::string(*key), std::string(digest.begin(), digest.end())};
}

http::Parameter idempotency_parameter() {
  return {.name = std::string(kHeader),
          .description =
              "1 to 255 visible ASCII characters. The same request with the same key within 24 h returns the "
              "first "
              "answer again",
          .in = http::ParameterPlace::header};
}

}  // namespace stagedoor::api
