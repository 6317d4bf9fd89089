// A moment as RFC 3339 writes it.
#pragma once

#include <string_view>

#include "core/time.h"

namespace stagedoor::test {

// Dies of text that is no moment.
inline TimePoint at(std::string_view text) { return *parse_rfc3339(text); }

}  // namespace stagedoor::test
