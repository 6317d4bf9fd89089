// The sub-commands that do their work and end: import, audit, backup, fairness, openapi.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "app/commands/commands.h"
#include "app/instance/open_store.h"
#include "app/instance/service.h"
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
  const AuditReport report = store_reports(config).audit();
  std::fputs(report.text().c_str(), stdout);
  return report.is_clean() ? 0 : 1;
}

int judge_room(const Config& config, const FairnessOptions& options) {
  const EventId event{options.event};
  const auto room = store_reports(config).read_room(event);
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
  std::function<void(const std::string&)> backup;
  const int code = judged([&] {
    backup = store_reports(config).backup;
    return 0;
  });
  if (code != 0) return code;
  if (!backup) {
    std::fprintf(stderr, "backup copies SQLite files; for PostgreSQL use pg_dump or pg_basebackup\n");
    return kWrong;
  }
  backup(target);
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
