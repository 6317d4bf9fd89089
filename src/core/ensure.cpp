#include "core/ensure.h"

#include <cstdio>
#include <cstdlib>

namespace stagedoor {

void die_of_bug(std::string_view why, const boost::source_location& where) {
  std::fprintf(stderr, "{\"level\":\"fatal\",\"message\":\"bug: %.*s\",\"file\":\"%s\",\"line\":%u}\n",
               static_cast<int>(why.size()), why.data(), where.file_name(), where.line());
  std::abort();
}

}  // namespace stagedoor
