#include "http/openapi.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "app/commands/commands.h"
#include "app/instance/service.h"
#include "modules/events/schemas.h"
#include "modules/events/type_list.h"

namespace stagedoor {
namespace {

int write_event_schemas(const std::string& folder) {
  std::filesystem::create_directories(folder);
  for (const auto& [name, schema] : events::schemas()) {
    const auto path = std::filesystem::path(folder) / name;
    if (!(std::ofstream(path, std::ios::binary) << schema << std::flush)) {
      std::fprintf(stderr, "%s: cannot be written\n", path.c_str());
      return 1;
    }
  }
  return 0;
}

}  // namespace

void OpenApiCommand::add_options(CLI::App& app) {
  app.add_option("--events", events_folder, "Write the JSON Schemas of the events to this folder instead");
  app.add_flag("--event-types", event_types, "Print the generated part of docs/events.md instead");
}

int OpenApiCommand::run() const {
  if (event_types) {
    std::fputs(events::types_page().c_str(), stdout);
    return 0;
  }
  if (!events_folder.empty()) return write_event_schemas(events_folder);
  Config config;
  config.store.url = "sqlite::memory:";
  const Service service(config, store_without_file());
  std::fputs(http::openapi(service.router(), STAGEDOOR_VERSION).c_str(), stdout);
  return 0;
}

}  // namespace stagedoor
