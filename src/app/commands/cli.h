// The command line, read into one struct per sub-command. Reads and decides nothing else; main.cpp acts on
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "app/commands/fairness_report.h"
#include "app/commands/verify_draw.h"
#include "crowd/crowd.h"

namespace stagedoor {

// What names the settings: --config FILE and every --section.key=value, in order.
struct SettingArguments {
  std::string config_file;
  std::vector<std::pair<std::string, std::string>> flags;
};

struct ServeCommand {
  SettingArguments settings;
};
struct ImportCommand {
  SettingArguments settings;
  std::string file;
};
struct AuditCommand {
  SettingArguments settings;
};
struct BackupCommand {
  SettingArguments settings;
  std::string file;
};
struct FairnessCommand {
  SettingArguments settings;
  FairnessOptions options;
};
struct VerifyDrawCommand {
  VerifyDrawOptions options;
};
struct VerifyConfigCommand {
  SettingArguments settings;
  bool reference = false;  // print docs/configuration.md instead
};
struct OpenApiCommand {};
struct VersionCommand {};

struct CrowdCommand {
  crowd::CrowdOptions options;
};

using Command =
    std::variant<ServeCommand, ImportCommand, AuditCommand, BackupCommand, FairnessCommand, VerifyDrawCommand,
                 VerifyConfigCommand, OpenApiCommand, VersionCommand, CrowdCommand>;

struct CommandLine {
  std::optional<Command> command;  // none: print `text` and end with `exit_code`
  std::string text;
  int exit_code = 0;  // 0 with the help on standard output, 2 with what is wrong on standard error
};

// `arguments` without the program's name.
CommandLine parse_command_line(const std::vector<std::string>& arguments);

}  // namespace stagedoor
