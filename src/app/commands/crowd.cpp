#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <functional>

#include "app/commands/commands.h"

namespace stagedoor {
namespace {

// Assigns a duration that is_duration has checked.
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
  app.add_option("--url", options.url, "URL of the server; plain http:// only, no TLS")
      ->capture_default_str();
  app.add_option("--fans", options.fans,
                 "Number of fans (0: with the pre-queue a tenth more than it takes to sell out)")
      ->capture_default_str()
      ->check(CLI::Range(0, 10'000'000));
  app.add_option("--rate", options.rate, "Arrivals per second (0: all at once)")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("--event", options.event, "Event id (0: the one event on sale)")->capture_default_str();
  app.add_option("--abandon", options.abandon, "Share of fans who give up on the way, 0 to 1")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--prequeue", options.prequeue,
                 "Fans who join before the sale opens; the draw is checked (needs --event)")
      ->capture_default_str()
      ->check(CLI::Range(0, 10'000'000));
  app.add_option("--vanish", options.vanish,
                 "Share of fans who disappear after a hold, which then expires, 0 to 1")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--seats-per-fan", options.seats_per_fan, "Seats per fan")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  app.add_flag("--pick", options.pick, "Fans pick single seats from the map instead of the best ones");
  app.add_option_function<std::string>("--think", duration_to(options.think),
                                       "A fan's average pause before choosing and before paying")
      ->default_str("0s")
      ->check(is_duration);
  app.add_option("--connections", options.connections, "Maximum number of concurrent requests")
      ->capture_default_str()
      ->check(CLI::Range(1, 15'000));
  app.add_option_function<std::string>("--limit", duration_to(options.limit),
                                       "Time limit (0s: none; ends when all fans have finished)")
      ->default_str("0s")
      ->check(is_duration);
  app.add_option("--seed", options.seed, "Seed of the fans' ids and choices (0: a random one)")
      ->capture_default_str();
  app.add_flag("--json", options.json, "Print the summary as JSON");
}

int CrowdCommand::run() const { return crowd::run_crowd(options); }

}  // namespace stagedoor
