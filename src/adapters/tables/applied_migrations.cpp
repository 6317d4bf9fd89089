#include "adapters/tables/applied_migrations.h"

#include <fmt/format.h>

#include "ports/store.h"

namespace stagedoor {

void check_migrations(std::span<const AppliedMigration> applied, std::span<const sql::Migration> ours) {
  for (std::size_t i = 0; i < applied.size(); ++i) {
    if (i >= ours.size()) {
      throw StoreUnusable(fmt::format(
          "the store was written by a newer Stagedoor (schema {}, this program knows {}); run that "
          "version, or restore a backup made before the upgrade",
          applied.back().name, ours.back().name));
    }
    if (applied[i].number != ours[i].number || applied[i].hash != ours[i].hash) {
      throw StoreUnusable(
          fmt::format("the store's schema {} is not the one this program knows; it was made by another build",
                      applied[i].name));
    }
  }
}

}  // namespace stagedoor
