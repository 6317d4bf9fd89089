#include "core/ensure.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/log.h"

namespace stagedoor {

void die_of_bug(std::string_view why, const boost::source_location& where) {
  const std::string message = "bug: " + std::string(why);
  if (is_logged(LogLevel::fatal)) {
    log(LogLevel::fatal, message,
        {{"log.origin.file.name", where.file_name()}, {"log.origin.file.line", where.line()}});
    flush_log();
  } else {
    std::fprintf(stderr, "%s (%s:%u)\n", message.c_str(), where.file_name(), where.line());
  }
  std::abort();
}

}  // namespace stagedoor
