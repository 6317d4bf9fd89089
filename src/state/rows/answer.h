// Remembered answers (R-X5).
#pragma once

#include <boost/describe/class.hpp>
#include <string>

#include "core/ids.h"
#include "core/time.h"
#include "core/uuid.h"

namespace stagedoor {

// The first answer to a (user, key). It is returned again to the same request for kAnswersKept (R-X5). After
// that the key is free, even if the row is not removed yet.
inline constexpr Millis kAnswersKept{24 * 3'600'000};
struct IdempotentAnswer {
  UserId user{};
  std::string key{};
  std::string request_hash{};  // SHA-256 of method, path and body: 32 bytes
  int status = 0;
  std::string body{};
  std::string headers{};
  TimePoint created_at{};
};
BOOST_DESCRIBE_STRUCT(IdempotentAnswer, (), (user, key, request_hash, status, body, headers, created_at))

}  // namespace stagedoor
