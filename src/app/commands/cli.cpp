#include "app/commands/cli.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <optional>

namespace stagedoor {
namespace {

using Flags = std::vector<std::pair<std::string, std::string>>;

// Takes every --section.key=value and --section.key value out of `arguments`. A dot in the name marks a
// setting. config.cpp checks the names, so that all unknown ones are reported together.
Flags take_setting_flags(std::vector<std::string>& arguments) {
  Flags flags;
  std::vector<std::string> rest;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const auto equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    if (!name.starts_with("--") || name.find('.') == std::string::npos) {
      rest.push_back(argument);
    } else if (equals != std::string::npos) {
      flags.emplace_back(name.substr(2), argument.substr(equals + 1));
    } else if (i + 1 < arguments.size() && !arguments[i + 1].starts_with("--")) {
      flags.emplace_back(name.substr(2), arguments[++i]);
    } else {
      flags.emplace_back(name.substr(2), "true");  // --auth.trust_clients
    }
  }
  arguments = std::move(rest);
  return flags;
}

// In the order of --help.
std::vector<std::shared_ptr<SubCommand>> sub_commands() {
  return {std::make_shared<ServeCommand>(),        std::make_shared<ImportCommand>(),
          std::make_shared<AuditCommand>(),        std::make_shared<BackupCommand>(),
          std::make_shared<ClockCommand>(),        std::make_shared<EventsCommand>(),
          std::make_shared<FairnessCommand>(),     std::make_shared<VerifyDrawCommand>(),
          std::make_shared<VerifyConfigCommand>(), std::make_shared<OpenApiCommand>(),
          std::make_shared<VersionCommand>(),      std::make_shared<CrowdCommand>()};
}

// What to write instead of an unknown or missing sub-command; nullopt if `arguments` begin with a known one.
std::optional<std::string> wrong_sub_command(const std::vector<std::string>& arguments) {
  std::vector<std::string_view> names;
  for (const auto& command : sub_commands()) names.emplace_back(command->name());
  const auto named = std::ranges::find_if(arguments, [](const auto& one) { return !one.starts_with('-'); });
  if (named == arguments.end() && !arguments.empty()) return std::nullopt;  // --help, or an unknown option
  if (named != arguments.end() && std::ranges::find(names, *named) != names.end()) return std::nullopt;
  std::string text = "stagedoor: name a sub-command";
  if (named != arguments.end()) {
    text = fmt::format("stagedoor: there is no sub-command {}", *named);
    if (const auto near = nearest_name(*named, names)) text += fmt::format("; did you mean {}?", *near);
  }
  return fmt::format("{}\nSub-commands: {}. `stagedoor --help` says what they do.\n", text,
                     fmt::join(names, ", "));
}

}  // namespace

CommandLine parse_command_line(const std::vector<std::string>& arguments) {
  std::vector<std::string> rest = arguments;
  const Flags flags = take_setting_flags(rest);

  if (auto wrong = wrong_sub_command(rest))
    return {.command = nullptr, .text = std::move(*wrong), .exit_code = kRefused};
  CLI::App app("Stagedoor sells numbered seats to a crowd that arrives all at once.", "stagedoor");
  app.require_subcommand(1);
  app.footer(
      "`stagedoor SUB-COMMAND --help` describes a command; `stagedoor serve --help` lists all settings.");
  std::shared_ptr<SubCommand> chosen;
  for (const auto& command : sub_commands()) {
    CLI::App* sub = app.add_subcommand(command->name(), command->doc());
    sub->callback([&chosen, command] { chosen = command; });
    command->add_options(*sub);
  }

  std::ranges::reverse(rest);  // CLI11 takes them from the back
  try {
    app.parse(rest);
  } catch (const CLI::ParseError& error) {
    const bool help = error.get_exit_code() == 0;
    std::ostringstream out, err;
    app.exit(error, out, err);
    return {.command = nullptr, .text = out.str() + err.str(), .exit_code = help ? 0 : kRefused};
  }
  if (const auto configured = std::dynamic_pointer_cast<ConfiguredCommand>(chosen)) {
    configured->flags = flags;
  } else if (!flags.empty()) {
    return {.command = nullptr,
            .text = fmt::format("{} takes no settings; omit --{}\n", chosen->name(), flags.front().first),
            .exit_code = kRefused};
  }
  return {.command = chosen};
}

}  // namespace stagedoor
