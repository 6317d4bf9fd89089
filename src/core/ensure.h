// ensure(condition, why): a bug ends the process, in every build. Restart is the recovery path and is fast;
// going on with money or seats in a state nobody thought of is not.
#pragma once

#include <source_location>
#include <string_view>

namespace stagedoor {

[[noreturn]] void die_of_bug(std::string_view why, const std::source_location& where);

inline void ensure(bool condition, std::string_view why,
                   const std::source_location& where = std::source_location::current()) {
  if (!condition) [[unlikely]]
    die_of_bug(why, where);
}

}  // namespace stagedoor
