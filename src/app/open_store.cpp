#include "app/open_store.h"

#include "adapters/sqlite/sqlite_store.h"
#include "app/secrets.h"

namespace stagedoor {

OpenStore open_store(const Config& config) {
  auto sqlite = std::make_unique<SqliteStore>(SqliteOptions{.path = store_file(config).value_or(":memory:"),
                                                            .wal_limit = config.store.wal_limit.count});
  auto queries = [store = sqlite.get()] { return store->queries(); };
  return {std::move(sqlite), std::move(queries), {}};
}

}  // namespace stagedoor
