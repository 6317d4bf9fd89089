// ensure(condition, why): a bug ends the process, in every build. A restart recovers fast; to continue with
// money or seats in an unexpected state is not safe.
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
