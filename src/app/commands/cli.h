// The command line, read into the sub-command that it names.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/commands/commands.h"

namespace stagedoor {

struct CommandLine {
  std::shared_ptr<const SubCommand> command;  // nullptr: print `text` and end with `exit_code`
  std::string text = {};
  int exit_code = 0;  // 0 with the help on standard output, 2 with what is wrong on standard error
};

// `arguments` without the program's name.
CommandLine parse_command_line(const std::vector<std::string>& arguments);

}  // namespace stagedoor
