#include "api/idempotency.h"

#include "core/refusals.h"
#include "core/sha256.h"

namespace stagedoor::api {

Result<Idempotency> idempotency_of(const http::Request& request, const UserId& user) {
  constexpr std::size_t kKeyMax = 255;
  const std::string_view key = request.header("Idempotency-Key");
  if (key.empty()) return Idempotency{};
  if (key.size() > kKeyMax) return invalid("Idempotency-Key", "must have at most 255 characters");
  std::string asked(http::to_string(request.method));
  asked += ' ';
  asked += request.path;
  asked += '\n';
  asked += request.body;
  const Sha256 digest = sha256(asked);
  return Idempotency{user, std::string(key), std::string(digest.begin(), digest.end())};
}

http::Parameter idempotency_parameter() {
  return {.name = "Idempotency-Key",
          .description =
              "At most 255 characters. The same request with the same key within 24 h returns the first "
              "answer again",
          .in = http::ParameterPlace::header};
}

}  // namespace stagedoor::api
