// Random bytes that are the same in every run.
#pragma once

#include <string>

namespace stagedoor::test {

inline std::string seeds(std::size_t bytes) { return std::string(bytes, 's'); }

}  // namespace stagedoor::test
