// Whether tests run in their long versions: ./x test long.
#pragma once

#include <cstdlib>

namespace stagedoor::test {

inline bool is_long() { return std::getenv("STAGEDOOR_TEST_LONG") != nullptr; }

}  // namespace stagedoor::test
