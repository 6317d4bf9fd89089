// The program: reads the command line and runs the sub-command that it names.
#include <cstdio>
#include <exception>

#include "app/commands/cli.h"
#include "core/log.h"

namespace {

int run(int argc, char** argv) {
  try {
    const stagedoor::CommandLine line = stagedoor::parse_command_line({argv + 1, argv + argc});
    if (line.command) return line.command->run();
    std::fputs(line.text.c_str(), line.exit_code == 0 ? stdout : stderr);
    return line.exit_code;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "stagedoor: %s\n", error.what());
    return 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int code = run(argc, argv);
  stagedoor::flush_log();
  return code;
}
