// The lookup key of idempotent answers: the first 16 bytes of SHA-256(user, key). The key is chosen by the
// client, so a shorter digest could be made to collide.
#pragma once

#include <string_view>

#include "core/uuid.h"

namespace stagedoor::tables {

// As a Uuid, because that is a value of 16 bytes in every database.
Uuid answer_digest(const UserId& user, std::string_view key);

}  // namespace stagedoor::tables
