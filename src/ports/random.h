// The source of random bytes: the operating system, or a test.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace stagedoor {

using RandomBytes = std::function<std::string(std::size_t bytes)>;  // any thread

}  // namespace stagedoor
