// ensure(condition, why): a bug ends the process, in every build. Restart is the recovery path and is fast;
// going on with money or seats in a state nobody thought of is not.
#pragma once

#include <boost/assert/source_location.hpp>
#include <string_view>

namespace stagedoor {

[[noreturn]] void die_of_bug(std::string_view why,
                             const boost::source_location& where = BOOST_CURRENT_LOCATION);

inline void ensure(bool condition, std::string_view why,
                   const boost::source_location& where = BOOST_CURRENT_LOCATION) {
  if (!condition) [[unlikely]]
    die_of_bug(why, where);
}

}  // namespace stagedoor
