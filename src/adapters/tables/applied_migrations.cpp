#include "adapters/tables/applied_migrations.h"

#include <fmt/format.h>

#include <algorithm>

#include "ports/store_errors.h"

namespace stagedoor::tables {

std::string needs_newer_program(std::int64_t needed, std::int64_t known) {
  return fmt::format(
      "a newer Stagedoor changed the store so that only programs that know its schema {} can work on it, and "
      "this one knows {}; run the newer version, or restore a backup made before the upgrade",
      needed, known);
}

void check_migrations(std::span<const AppliedMigration> applied, std::span<const sql::Migration> ours,
                      std::int64_t needed) {
  for (std::size_t i = 0; i < std::min(applied.size(), ours.size()); ++i) {
    if (applied[i].number != ours[i].number || applied[i].hash != ours[i].hash) {
      throw StoreUnusable(
          fmt::format("the store's schema {} differs from the one of this program; another build created it",
                      applied[i].name));
    }
  }
  if (applied.size() > ours.size() && needed > ours.back().number)
    throw StoreUnusable(needs_newer_program(needed, ours.back().number));
}

}  // namespace stagedoor::tables
