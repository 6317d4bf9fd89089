#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <filesystem>

#include "app/commands/commands.h"
#include "app/commands/judged.h"
#include "app/instance/open_log.h"
#include "app/instance/open_store.h"

namespace stagedoor {

void BackupCommand::add_options(CLI::App& app) {
  ConfiguredCommand::add_options(app);
  app.add_option("FILE", file, "Path of the copy; must not exist")->required();
}

int BackupCommand::run_with(const LoadedConfig& loaded) const {
  std::function<void(const std::string&)> backup;
  const int code = judged([&] {
    backup = store_reports(loaded.config).backup;
    return 0;
  });
  if (code != 0) return code;
  if (!backup) {
    std::fprintf(stderr, "backup copies SQLite files; for PostgreSQL use pg_dump or pg_basebackup\n");
    return kRefused;
  }
  const auto folder = std::filesystem::path(file).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder)) {
    std::fprintf(stderr, "stagedoor: the folder %s is not there; make it (mkdir -p %s)\n", folder.c_str(),
                 folder.c_str());
    return kRefused;
  }
  backup(file);
  std::printf("%s\n", file.c_str());
  if (const auto source = line_source(loaded.config); !source.empty())
    std::fprintf(stderr,
                 "the joins are in %s and not in this copy; back that up as well (docs/operations.md)\n",
                 source.c_str());
  return 0;
}

}  // namespace stagedoor
