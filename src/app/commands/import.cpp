#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>

#include "app/commands/commands.h"
#include "app/commands/judged.h"
#include "app/instance/service.h"

namespace stagedoor {
namespace {

constexpr int kKeptSomething = 3;

void print(const char* what, const std::vector<std::string>& things) {
  std::printf("%s %zu\n", what, things.size());
  for (const auto& thing : things) std::printf("  %s\n", thing.c_str());
}

}  // namespace

void ImportCommand::add_options(CLI::App& app) {
  ConfiguredCommand::add_options(app);
  app.add_option("FILE", file, "Catalogue in YAML or JSON")->required();
  app.add_flag("--overwrite", overwrite, "Take back what operators changed since the last import");
  app.add_flag("--strict", strict, "Exit with code 3 if something that operators changed was kept");
}

int ImportCommand::run_with(const LoadedConfig& loaded) const {
  const auto catalogue_file = CatalogueFile::read(file, loaded.config);
  if (!catalogue_file) return refused(catalogue_file.error());
  try {
    Service service(loaded.config);
    show_new_operator_key(service.new_operator_key());
    const auto imported = service.import_file(
        *catalogue_file,
        {.rule = overwrite ? catalogue::PlanRule::overwrite : catalogue::PlanRule::keep_changes});
    if (!imported) return refused(imported.error());
    print("added", imported->summary.added);
    print("changed", imported->summary.changed);
    print("unchanged", imported->summary.left);
    print("kept as operators changed it", imported->summary.kept);
    return strict && !imported->summary.kept.empty() ? kKeptSomething : 0;
  } catch (const StoreInUse& why) {
    std::fprintf(stderr,
                 "stagedoor: %s, or import through it: POST /admin/import takes the file as its body and an "
                 "owner's key (docs/catalogue.md)\n",
                 why.what());
    return kRefused;
  }
}

}  // namespace stagedoor
