// `stagedoor clock`: what time it is, for whom.
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>

#include "app/commands/commands.h"
#include "app/commands/judged.h"
#include "app/instance/open_store.h"
#include "core/boot_time.h"

namespace stagedoor {
namespace {

void show(const ClockReport& report) {
  const auto seconds = [](auto of) { return std::chrono::duration<double>(of).count(); };
  const std::string text = fmt::format(
      "wall clock    {}\nboot clock    {:.3f} s\nservice time  {} ({})\ndifference    {:+.3f} s{}\nlast "
      "moment   {}\n",
      to_rfc3339(report.clock.wall), seconds(boot_time()), to_rfc3339(report.clock.service),
      report.service_goes_by, seconds(report.clock.difference()),
      report.clock.is_alarm ? " (the wall clock was set: `stagedoor clock --help`)" : "",
      to_rfc3339(report.last_moment));
  std::fputs(text.c_str(), stdout);
}

}  // namespace

void ClockCommand::add_options(CLI::App& app) {
  ConfiguredCommand::add_options(app);
  app.add_flag(
      "--accept", accept,
      "The wall clock is right: take it over, forwards in one step, backwards by standing still. With "
      "PostgreSQL also while instances run. With SQLite the server must be stopped, and its next start "
      "begins with the wall clock, but not before the last moment; of a running server ask "
      "POST /admin/clock");
}

int ClockCommand::run_with(const LoadedConfig& loaded) const {
  return judged([&] {
    const StoreReports store = store_reports(loaded.config);
    if (accept) store.accept_clock();
    show(store.clock());
    return 0;
  });
}

}  // namespace stagedoor
