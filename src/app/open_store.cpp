#include "app/open_store.h"

#include "adapters/postgres/postgres_store.h"
#include "adapters/sqlite/sqlite_store.h"
#include "app/secrets.h"

namespace stagedoor {
namespace {

template <class Concrete>
OpenStore with_queries(std::unique_ptr<Concrete> store, std::function<Millis()> clock_offset) {
  auto queries = [opened = store.get()] { return opened->queries(); };
  return {std::move(store), std::move(queries), std::move(clock_offset)};
}

}  // namespace

OpenStore open_store(const Config& config) {
  if (config.store.is_postgres()) {
    auto store = std::make_unique<PostgresStore>(PostgresOptions{.url = config.store.url});
    auto clock_offset = [opened = store.get()] { return opened->clock_offset(); };
    return with_queries(std::move(store), std::move(clock_offset));
  }
  return with_queries(
      std::make_unique<SqliteStore>(SqliteOptions{.path = store_file(config).value_or(":memory:"),
                                                  .wal_limit = config.store.wal_limit.count}),
      {});
}

}  // namespace stagedoor
