// The program: reads the command line and the settings, and calls the sub-command.
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "app/commands/cli.h"
#include "app/commands/commands.h"
#include "app/config/config.h"
#include "app/config/settings.h"
#include "app/instance/logging.h"

namespace stagedoor {
namespace {

constexpr int kWrongSettings = 2;

void print(std::FILE* stream, const std::string& text) { std::fwrite(text.data(), 1, text.size(), stream); }

// Runs `body` with the settings, or says everything that is wrong with them.
template <class Body>
int with_config(const SettingArguments& arguments, Body body) {
  const LoadedConfig loaded = load_config_of_process(arguments.config_file, arguments.flags);
  if (!loaded.faults.empty()) {
    print(stderr, describe_faults(loaded.faults));
    return kWrongSettings;
  }
  start_logging(loaded.config.log.level);
  return body(loaded);
}

struct Run {
  int operator()(const ServeCommand& command) const {
    return with_config(command.settings, [](const LoadedConfig& loaded) { return run_serve(loaded.config); });
  }
  int operator()(const ImportCommand& command) const {
    return with_config(command.settings,
                       [&](const LoadedConfig& loaded) { return run_import(loaded.config, command.file); });
  }
  int operator()(const AuditCommand& command) const {
    return with_config(command.settings, [](const LoadedConfig& loaded) { return run_audit(loaded.config); });
  }
  int operator()(const BackupCommand& command) const {
    return with_config(command.settings,
                       [&](const LoadedConfig& loaded) { return run_backup(loaded.config, command.file); });
  }
  int operator()(const FairnessCommand& command) const {
    return with_config(command.settings, [&](const LoadedConfig& loaded) {
      return run_fairness(loaded.config, command.options);
    });
  }
  int operator()(const VerifyDrawCommand& command) const { return run_verify_draw(command.options); }
  int operator()(const VerifyConfigCommand& command) const {
    if (command.reference) return print(stdout, settings_markdown()), 0;
    return with_config(command.settings,
                       [](const LoadedConfig& loaded) { return print(stdout, describe_config(loaded)), 0; });
  }
  int operator()(const OpenApiCommand&) const { return run_openapi(); }
  int operator()(const VersionCommand&) const {
    return print(stdout, "stagedoor " STAGEDOOR_VERSION "\n"), 0;
  }
  int operator()(const CrowdCommand& command) const { return crowd::run_crowd(command.options); }
};

int run(const std::vector<std::string>& arguments) {
  const CommandLine line = parse_command_line(arguments);
  if (line.command) return std::visit(Run{}, *line.command);
  print(line.exit_code == 0 ? stdout : stderr, line.text);
  return line.exit_code;
}

}  // namespace
}  // namespace stagedoor

int main(int argc, char** argv) {
  try {
    return stagedoor::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "stagedoor: %s\n", error.what());
    return 1;
  }
}
