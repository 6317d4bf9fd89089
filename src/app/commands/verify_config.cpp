#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>

#include "app/commands/commands.h"
#include "app/config/settings.h"
#include "app/instance/identity_provider.h"
#include "app/instance/open_log.h"
#include "app/instance/sinks.h"

namespace stagedoor {

void VerifyConfigCommand::add_options(CLI::App& app) {
  ConfiguredCommand::add_options(app);
  app.add_flag("--reference", reference, "Print the reference of all settings (Markdown) instead");
}

int VerifyConfigCommand::run() const {
  if (!reference) return ConfiguredCommand::run();
  std::fputs(settings_markdown().c_str(), stdout);
  return 0;
}

int VerifyConfigCommand::run_with(const LoadedConfig& loaded) const {
  try {
    check_provider_keys(loaded.config);
    check_sinks(loaded.config);
    line_source(loaded.config);
  } catch (const std::runtime_error& why) {
    std::fprintf(stderr, "stagedoor: %s\n", why.what());
    return kRefused;
  }
  std::fputs(describe_config(loaded).c_str(), stdout);
  const auto advice = config_advice(loaded);
  if (!advice.empty()) std::fputs("\n# Allowed, but unwise:\n", stdout);
  for (const auto& one : advice) std::printf("# - %s\n", one.c_str());
  return 0;
}

}  // namespace stagedoor
