// Parses the command line into its sub-command.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/commands/commands.h"

namespace stagedoor {

struct CommandLine {
  std::shared_ptr<const SubCommand> command;  // nullptr: print `text` and end with `exit_code`
  std::string text = {};
  int exit_code = 0;  // 0: help on standard output; 2: errors on standard error
};

// `arguments`: without the program's name.
CommandLine parse_command_line(const std::vector<std::string>& arguments);

}  // namespace stagedoor
