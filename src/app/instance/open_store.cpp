#include "app/instance/open_store.h"

#include <filesystem>

#include "adapters/memory/memory_store.h"
#include "adapters/postgres/audit.h"
#include "adapters/postgres/clock_report.h"
#include "adapters/postgres/postgres_store.h"
#include "adapters/postgres/room_rows.h"
#include "adapters/sqlite/audit.h"
#include "adapters/sqlite/backup.h"
#include "adapters/sqlite/clock_report.h"
#include "adapters/sqlite/room_rows.h"
#include "adapters/sqlite/sqlite_store.h"
#include "adapters/system/clock.h"
#include "app/config/secrets.h"
#include "app/instance/boot_clock.h"
#include "app/instance/open_log.h"
#include "modules/queue/logged_line.h"

namespace stagedoor {
namespace {

template <class Concrete>
OpenStore opened(std::shared_ptr<Concrete> store, std::shared_ptr<ServiceTimeClock> clock) {
  auto* const concrete = store.get();
  return {
      std::move(store),
      concrete->ports(),
      [concrete] { return concrete->queries(); },
      [concrete] { return concrete->outbox(); },
      [concrete](std::string_view name, std::int64_t value) { return concrete->exchange_mark(name, value); },
      std::move(clock)};
}

// What a start would make of it now, or a server that runs has.
ClockReport boot_clock_report(const sqlite::ClockReport& stored) {
  const ClockStart start{.now = system::read_clocks(),
                         .boot_id = system::boot_id(),
                         .kept = stored.kept,
                         .last_moment = stored.last_moment,
                         .accepts_ahead = true};
  const ServiceTime time(*first_course(start));
  const bool carries_on = stored.kept.boot_id == start.boot_id;
  return {{.service = to_time(time.at(start.now.clock)),
           .wall = to_time(start.now.wall),
           .is_alarm = ServiceTime::is_alarm(time.difference(start.now))},
          stored.last_moment,
          carries_on ? "carried on in this boot of the machine" : "the later of wall clock and last moment"};
}

// The line of a report, in the log that room.url names.
class LineOfReport final : public LineStore {
 public:
  LineOfReport(std::unique_ptr<LineLog> log, const reports::ReadRows& rows)
      : log_(std::move(log)), line_(*log_, rows, Millis(0)) {}
  std::vector<LinePlace> read(EventId event, Place after, std::size_t limit) override {
    return line_.read(event, after, limit);
  }
  Place head(EventId event) override { return line_.head(event); }

 private:
  const std::unique_ptr<LineLog> log_;
  queue::LoggedLine line_;
};

std::unique_ptr<LineStore> open_line(const Config& config, const reports::ReadRows& rows) {
  std::string noted;
  rows({.line_source = [&](const LineSource& row) { noted = row.url; }});
  const std::string source = line_source(config);
  if (noted != source)
    throw StoreUnusable(noted.empty()
                            ? "the queue of this store is in the store itself; leave room.url empty"
                            : "the queue of this store is in another place; set room.url to " + noted);
  if (source.empty()) return nullptr;
  return std::make_unique<LineOfReport>(open_log(config, LogUse::report), rows);
}

}  // namespace

OpenStore open_store(const Config& config, bool accepts_ahead) {
  if (config.store.is_postgres()) {
    auto store = std::make_shared<postgres::PostgresStore>(
        postgres::PostgresOptions{.url = config.store.url, .line = line_source(config)});
    store->settle_clock(accepts_ahead);
    auto open = opened(store, std::shared_ptr<ServiceTimeClock>(store, &store->clock()));
    open.has_other_lines = [kept = store.get()] { return kept->has_other_lines(); };
    return open;
  }
  auto store = std::make_shared<sqlite::SqliteStore>(sqlite::SqliteOptions{
      .path = store_file(config).value_or(":memory:"), .wal_limit = config.store.wal_limit.count});
  const ClockStart start{.now = {},
                         .boot_id = 0,
                         .kept = store->kept_clock(),
                         .last_moment = store->latest_moment(),
                         .accepts_ahead = accepts_ahead};
  return opened(store, std::make_shared<BootClock>(
                           start, [kept = store](const KeptClock& clock) { kept->keep_clock(clock); }));
}

OpenStore store_without_file() {
  const auto store = std::make_shared<memory::MemoryStore>();
  return {store,
          store->ports(),
          [store] { return store->queries(); },
          [store] { return store->outbox(); },
          [](std::string_view, std::int64_t) { return std::optional<std::int64_t>(); },
          std::make_shared<BootClock>(ClockStart{}, [](const KeptClock&) {})};
}

StoreReports store_reports(const Config& config) {
  const auto line = [config](const reports::ReadRows& rows) { return open_line(config, rows); };
  if (config.store.is_postgres()) {
    const std::string url = config.store.url;
    return {[url, line] { return postgres::audit_postgres(url, line); },
            [url, line](EventId event) { return postgres::read_room_postgres(url, event, line); },
            {},
            [url] {
              const auto report = postgres::read_clock_postgres(url);
              return ClockReport{report.clock, report.last_moment, "the database's clock and its correction"};
            },
            [url] { postgres::accept_clock_postgres(url); }};
  }
  const auto file = store_file(config);
  if (!file) {
    throw StoreUnusable(
        "store.url names an in-memory store, which is lost when the server exits. Name a file: sqlite:FILE");
  }
  if (!std::filesystem::exists(*file))
    throw StoreUnusable("there is no store " + *file + "; set store.url to that of the server");
  return {[file, line] { return sqlite::audit_sqlite(*file, line); },
          [file, line](EventId event) { return sqlite::read_room_sqlite(*file, event, line); },
          [file](const std::string& target) { sqlite::backup_sqlite(*file, target); },
          [file] { return boot_clock_report(sqlite::read_clock_sqlite(*file)); },
          [file] { sqlite::forget_clock_sqlite(*file); }};
}

}  // namespace stagedoor
