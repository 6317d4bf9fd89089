#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>

#include "app/commands/commands.h"
#include "app/instance/service.h"

namespace stagedoor {
namespace {

void print(const char* what, const std::vector<std::string>& things) {
  std::printf("%s %zu\n", what, things.size());
  for (const auto& thing : things) std::printf("  %s\n", thing.c_str());
}

}  // namespace

void ImportCommand::add_options(CLI::App& app) {
  ConfiguredCommand::add_options(app);
  app.add_option("FILE", file, "Catalogue in YAML or JSON")->required();
}

int ImportCommand::run_with(const LoadedConfig& loaded) const {
  Service service(loaded.config);
  const auto imported = service.import_file(file);
  if (!imported) {
    std::fprintf(stderr, "%s\n", imported.error().message.c_str());
    return kRefused;
  }
  print("added", imported->added);
  print("changed", imported->changed);
  print("unchanged", imported->left);
  return 0;
}

}  // namespace stagedoor
