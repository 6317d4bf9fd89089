// The command line, read into one struct per sub-command. Reads and decides nothing else; main.cpp acts on
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

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
struct VerifyConfigCommand {
  SettingArguments settings;
  bool reference = false;  // print docs/configuration.md instead
};
struct OpenApiCommand {};
struct VersionCommand {};

struct CrowdOptions {
  std::string url = "http://127.0.0.1:8080";
  std::int64_t fans = 1000;
  double rate = 0;            // fans who arrive per second; 0: all at once
  std::int64_t event = 0;     // 0: the one on sale
  double abandon = 0;         // share of holds that are given up, 0 to 1
  std::int64_t prequeue = 0;  // fans who come before the sale opens
  bool json = false;
};
struct CrowdCommand {
  CrowdOptions options;
};

using Command = std::variant<ServeCommand, ImportCommand, AuditCommand, BackupCommand, VerifyConfigCommand,
                             OpenApiCommand, VersionCommand, CrowdCommand>;

struct CommandLine {
  std::optional<Command> command;  // none: print `text` and end with `exit_code`
  std::string text;
  int exit_code = 0;  // 0 with the help on standard output, 2 with what is wrong on standard error
};

// `arguments` without the program's name.
CommandLine parse_command_line(const std::vector<std::string>& arguments);

}  // namespace stagedoor
