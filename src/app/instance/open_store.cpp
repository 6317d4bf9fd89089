#include "app/instance/open_store.h"

#include "adapters/memory/memory_store.h"
#include "adapters/postgres/audit.h"
#include "adapters/postgres/postgres_store.h"
#include "adapters/postgres/room_rows.h"
#include "adapters/sqlite/audit.h"
#include "adapters/sqlite/backup.h"
#include "adapters/sqlite/room_rows.h"
#include "adapters/sqlite/sqlite_store.h"
#include "app/config/secrets.h"

namespace stagedoor {
namespace {

template <class Concrete>
OpenStore opened(std::shared_ptr<Concrete> store, std::function<Millis()> clock_offset) {
  auto* const concrete = store.get();
  return {
      std::move(store),
      concrete->ports(),
      [concrete] { return concrete->queries(); },
      [concrete] { return concrete->outbox(); },
      [concrete](std::string_view name, std::int64_t value) { return concrete->exchange_mark(name, value); },
      std::move(clock_offset)};
}

}  // namespace

OpenStore open_store(const Config& config) {
  if (config.store.is_postgres()) {
    auto store =
        std::make_shared<postgres::PostgresStore>(postgres::PostgresOptions{.url = config.store.url});
    return opened(store, [concrete = store.get()] { return concrete->clock_offset(); });
  }
  return opened(
      std::make_shared<sqlite::SqliteStore>(sqlite::SqliteOptions{
          .path = store_file(config).value_or(":memory:"), .wal_limit = config.store.wal_limit.count}),
      {});
}

OpenStore store_without_file() { return opened(std::make_shared<memory::MemoryStore>(), {}); }

StoreReports store_reports(const Config& config) {
  if (config.store.is_postgres()) {
    const std::string url = config.store.url;
    return {[url] { return postgres::audit_postgres(url); },
            [url](EventId event) { return postgres::read_room_postgres(url, event); },
            {}};
  }
  const auto file = store_file(config);
  if (!file) {
    throw StoreUnusable(
        "store.url names an in-memory store, which is lost when the server exits. Name a file: sqlite:FILE");
  }
  return {[file] { return sqlite::audit_sqlite(*file); },
          [file](EventId event) { return sqlite::read_room_sqlite(*file, event); },
          [file](const std::string& target) { sqlite::backup_sqlite(*file, target); }};
}

}  // namespace stagedoor
