// The sub-commands that do their work and end: import, audit, backup, fairness, openapi.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "adapters/postgres/audit.h"
#include "adapters/postgres/room_rows.h"
#include "adapters/sqlite/audit.h"
#include "adapters/sqlite/backup.h"
#include "adapters/sqlite/room_rows.h"
#include "app/commands.h"
#include "app/service.h"
#include "http/openapi.h"

namespace stagedoor {
namespace {

constexpr int kWrong = 2;

void print(const char* what, const std::vector<std::string>& things) {
  std::printf("%s %zu\n", what, things.size());
  for (const auto& thing : things) std::printf("  %s\n", thing.c_str());
}

// What verify-draw takes as its --list. False when the file is there already or cannot be written.
bool write_joins(const std::string& path, const std::vector<LinePlace>& places) {
  if (std::filesystem::exists(path)) return false;
  std::ofstream out(path);
  out << "place,user,joined_at_ms\n";
  for (const auto& place : places)
    out << place.place << ',' << to_string(place.user) << ',' << to_ms(place.joined_at) << '\n';
  return bool(out.flush());
}

// The store's file, or a word about why there is none to look at.
std::optional<std::string> existing_store(const Config& config) {
  auto file = store_file(config);
  if (!file)
    std::fprintf(stderr,
                 "store.url names a store in memory: it is gone with its server. Name a file: sqlite:FILE\n");
  return file;
}

// A store that cannot be reached, or not be understood, was not judged: it is neither right nor wrong.
template <class Judge>
int judged(const Judge& judge) {
  try {
    return judge();
  } catch (const StoreUnavailable& outage) {
    std::fprintf(stderr, "stagedoor: %s\n", outage.what());
  } catch (const StoreUnusable& why) {
    std::fprintf(stderr, "stagedoor: %s\n", why.what());
  }
  return kWrong;
}

int audit(const Config& config) {
  std::optional<AuditReport> audited;
  if (config.store.is_postgres()) audited = audit_postgres(config.store.url);
  else if (const auto file = existing_store(config)) audited = audit_sqlite(*file);
  if (!audited) return kWrong;
  const AuditReport& report = *audited;
  std::fputs(report.text().c_str(), stdout);
  return report.is_clean() ? 0 : 1;
}

int judge_room(const Config& config, const FairnessOptions& options) {
  const EventId event{options.event};
  std::optional<RoomRecord> room;
  if (config.store.is_postgres()) {
    room = read_room_postgres(config.store.url, event);
  } else {
    const auto file = existing_store(config);
    if (!file) return kWrong;
    room = read_room_sqlite(*file, event);
  }
  if (!room) {
    std::fprintf(stderr, "there is no event %lld in the store\n", static_cast<long long>(event.value));
    return kWrong;
  }
  if (!options.joins.empty() && !write_joins(options.joins, room->rows.places)) {
    std::fprintf(stderr, "%s: is there already, or cannot be written\n", options.joins.c_str());
    return kWrong;
  }
  const Fairness fairness = judge_fairness(room->rows, room->event.queue);
  std::fputs((options.json ? fairness_json(*room, fairness) : fairness_text(*room, fairness)).c_str(),
             stdout);
  return fairness.is_fair() ? 0 : 1;
}

}  // namespace

int run_import(const Config& config, const std::string& file) {
  Service service(config);
  const auto imported = service.import_file(file);
  if (!imported) {
    std::fprintf(stderr, "%s\n", imported.error().message.c_str());
    return kWrong;
  }
  print("added", imported->added);
  print("changed", imported->changed);
  print("left as it was", imported->left);
  return 0;
}

int run_audit(const Config& config) {
  return judged([&] { return audit(config); });
}

int run_backup(const Config& config, const std::string& target) {
  if (config.store.is_postgres()) {
    std::fprintf(stderr, "backup copies SQLite files; for PostgreSQL use pg_dump or pg_basebackup\n");
    return kWrong;
  }
  const auto file = existing_store(config);
  if (!file) return kWrong;
  backup_sqlite(*file, target);
  std::printf("%s\n", target.c_str());
  return 0;
}

int run_fairness(const Config& config, const FairnessOptions& options) {
  return judged([&] { return judge_room(config, options); });
}

int run_openapi() {
  Config config;
  config.store.url = "sqlite::memory:";
  const Service service(config);
  std::fputs(http::openapi(service.router(), STAGEDOOR_VERSION).c_str(), stdout);
  return 0;
}

}  // namespace stagedoor
