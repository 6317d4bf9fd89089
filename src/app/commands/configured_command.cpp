// The first steps of all sub-commands with settings.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>

#include "app/commands/commands.h"
#include "app/config/settings.h"
#include "app/instance/logging.h"
#include "ports/clock.h"

namespace stagedoor {

void ConfiguredCommand::add_options(CLI::App& app) {
  app.add_option("--config", config_file, "TOML file with settings (default: stagedoor.toml, if it exists)");
  app.footer(settings_help(settings()));
}

void show_new_operator_key(const std::optional<std::string>& key) {
  if (key) std::fprintf(stderr, "new operator key, shown only once (name:role:secret): %s\n", key->c_str());
}

int ConfiguredCommand::run() const {
  LoadedConfig loaded = load_config_of_process(config_file, flags);
  if (!needs_secrets())
    std::erase_if(loaded.errors, [](const ConfigError& error) { return error.is_missing_secret; });
  if (!loaded.errors.empty()) {
    std::fputs(describe_errors(loaded.errors).c_str(), stderr);
    return kRefused;
  }
  if (const auto missing = missing_folder(loaded.config.store); needs_store() && missing) {
    const auto origin = loaded.origins.find("store.url");
    const std::string where = origin == loaded.origins.end() ? "default" : origin->second;
    std::fputs(describe_errors({{where, "store.url: " + *missing}}).c_str(), stderr);
    return kRefused;
  }
  start_logging(loaded.config.log.level);
  try {
    return run_with(loaded);
  } catch (const ClockRefused& why) {
    std::fprintf(stderr, "stagedoor: %s\n", why.what());
    return kRefused;
  }
}

}  // namespace stagedoor
