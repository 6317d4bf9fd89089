#include <fcntl.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <fstream>
#include <limits>

#include "app/commands/commands.h"
#include "app/commands/fairness_report.h"
#include "app/commands/judged.h"
#include "app/instance/open_store.h"

namespace stagedoor {
namespace {

// Writes the file for verify-draw --list, which only its owner can read: it has user ids. False if the file
// exists or cannot be written.
bool write_joins(const std::string& path, const std::vector<LinePlace>& places) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return false;
  ::close(file);
  std::ofstream out(path);
  out << "place,user,joined_at_ms\n";
  for (const auto& place : places)
    out << place.place << ',' << to_string(place.user) << ',' << to_ms(place.joined_at) << '\n';
  return bool(out.flush());
}

int judge_room(const Config& config, const FairnessOptions& options) {
  const EventId event{options.event};
  const auto room = store_reports(config).read_room(event);
  if (!room) {
    std::fprintf(stderr, "there is no event %lld in the store\n", static_cast<long long>(event.value));
    return kRefused;
  }
  if (!options.joins.empty() && !write_joins(options.joins, room->rows.places)) {
    std::fprintf(stderr, "%s: already exists, or cannot be written\n", options.joins.c_str());
    return kRefused;
  }
  const queue::Fairness fairness = queue::judge_fairness(room->rows, room->event.queue);
  std::fputs((options.json ? fairness_json(*room, fairness) : fairness_text(*room, fairness)).c_str(),
             stdout);
  return fairness.is_fair() ? 0 : 1;
}

}  // namespace

void FairnessCommand::add_options(CLI::App& app) {
  ConfiguredCommand::add_options(app);
  app.add_option("--event", options.event, "Id of the event")
      ->required()
      ->check(CLI::Range(std::int64_t{1}, std::numeric_limits<std::int64_t>::max()));
  app.add_flag("--json", options.json, "Print the report as JSON");
  app.add_option("--joins", options.joins,
                 "Also write the list of joins (place,user,joined_at_ms) to this new file, for verify-draw");
}

int FairnessCommand::run_with(const LoadedConfig& loaded) const {
  return judged([&] { return judge_room(loaded.config, options); });
}

}  // namespace stagedoor
