// The lookup key of idempotent answers: the first 8 bytes of SHA-256(user, key).
#pragma once

#include <cstdint>
#include <string_view>

#include "core/uuid.h"

namespace stagedoor::tables {

std::int64_t answer_digest(const UserId& user, std::string_view key);

}  // namespace stagedoor::tables
