#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <functional>

#include "app/commands/commands.h"

namespace stagedoor {
namespace {

// Writes what is_duration has let through.
std::function<void(const std::string&)> duration_to(Millis& target) {
  return [&target](const std::string& given) { target = *parse_duration(given); };
}

}  // namespace

void CrowdCommand::add_options(CLI::App& app) {
  const CLI::Validator is_duration(
      [](const std::string& given) {
        return parse_duration(given) ? std::string() : "write a duration like 500ms, 30s or 5m";
      },
      "DURATION");
  app.add_option("--url", options.url, "The server; plain http:// only, no TLS")->capture_default_str();
  app.add_option("--fans", options.fans,
                 "How many come (0: with the pre-queue a tenth more than it takes to sell out)")
      ->capture_default_str()
      ->check(CLI::Range(0, 10'000'000));
  app.add_option("--rate", options.rate, "How many arrive per second (0: all at once)")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("--event", options.event, "Which event (0: the one on sale)")->capture_default_str();
  app.add_option("--abandon", options.abandon, "Share of fans who give up on the way, 0 to 1")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--prequeue", options.prequeue,
                 "How many come before the sale opens; its draw is checked (needs --event)")
      ->capture_default_str()
      ->check(CLI::Range(0, 10'000'000));
  app.add_option("--vanish", options.vanish,
                 "Share of fans who go away while holding a seat, which lapses, 0 to 1")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--seats-per-fan", options.seats_per_fan, "How many seats each wants")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  app.add_option_function<std::string>("--think", duration_to(options.think),
                                       "A fan's average pause before choosing and before paying")
      ->default_str("0s")
      ->check(is_duration);
  app.add_option("--connections", options.connections, "How many requests at once at most")
      ->capture_default_str()
      ->check(CLI::Range(1, 15'000));
  app.add_option_function<std::string>("--limit", duration_to(options.limit),
                                       "End after this long (0s: when everybody is through)")
      ->default_str("0s")
      ->check(is_duration);
  app.add_option("--seed", options.seed, "Of the fans' ids and choices (0: another one each time)")
      ->capture_default_str();
  app.add_flag("--json", options.json, "Print the summary as JSON");
}

int CrowdCommand::run() const { return crowd::run_crowd(options); }

}  // namespace stagedoor
