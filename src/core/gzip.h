// Text, compressed.
#pragma once

#include <string>
#include <string_view>

namespace stagedoor {

// `text` in gzip's form. `level`: 1 (quick) to 9 (small). Any thread.
std::string gzip(std::string_view text, int level);

}  // namespace stagedoor
