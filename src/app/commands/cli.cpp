#include "app/commands/cli.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <limits>

#include "app/config/settings.h"

namespace stagedoor {
namespace {

using Flags = std::vector<std::pair<std::string, std::string>>;

// Takes every --section.key=value and --section.key value out of `arguments`. A dot in the name is what makes
// a setting; config.cpp judges the names, so that all wrong ones are reported together.
Flags take_setting_flags(std::vector<std::string>& arguments) {
  Flags flags;
  std::vector<std::string> rest;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const auto equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    if (!name.starts_with("--") || name.find('.') == std::string::npos) {
      rest.push_back(argument);
    } else if (equals != std::string::npos) {
      flags.emplace_back(name.substr(2), argument.substr(equals + 1));
    } else if (i + 1 < arguments.size() && !arguments[i + 1].starts_with("--")) {
      flags.emplace_back(name.substr(2), arguments[++i]);
    } else {
      flags.emplace_back(name.substr(2), "true");  // --auth.trust_clients
    }
  }
  arguments = std::move(rest);
  return flags;
}

}  // namespace

CommandLine parse_command_line(const std::vector<std::string>& arguments) {
  std::vector<std::string> rest = arguments;
  SettingArguments settings;
  settings.flags = take_setting_flags(rest);

  CLI::App app("Stagedoor sells numbered seats to a crowd that arrives all at once.", "stagedoor");
  app.require_subcommand(1);
  app.footer("`stagedoor SUB-COMMAND --help` says more; `stagedoor serve --help` lists all settings.");
  CommandLine result;

  const auto sub_command = [&](const std::string& name, const std::string& doc, auto make) {
    CLI::App* sub = app.add_subcommand(name, doc);
    sub->callback([&result, make] { result.command = make(); });
    return sub;
  };
  std::vector<const CLI::App*> with_settings;
  const auto takes_settings = [&](CLI::App* sub) {
    sub->add_option("--config", settings.config_file,
                    "TOML file with settings (default: stagedoor.toml, if there is one)");
    sub->footer(settings_help());
    with_settings.push_back(sub);
    return sub;
  };

  std::string file;
  bool reference = false;
  crowd::CrowdOptions crowd;
  FairnessOptions fairness;
  VerifyDrawOptions draw;
  const CLI::Range is_event(std::int64_t{1}, std::numeric_limits<std::int64_t>::max());
  std::string think = "0s", limit = "0s";
  takes_settings(sub_command("serve", "Serve the API until SIGTERM; prints one JSON line when ready",
                             [&] { return ServeCommand{settings}; }));
  takes_settings(sub_command("import", "Bring a catalogue file into the store, all or nothing",
                             [&] {
                               return ImportCommand{settings, file};
                             }))
      ->add_option("FILE", file, "Catalogue in YAML or JSON")
      ->required();
  takes_settings(sub_command(
      "audit", "Check every invariant of the store; exit code 1 if one does not hold, 2 if it cannot be read",
      [&] { return AuditCommand{settings}; }));
  takes_settings(sub_command("backup", "Copy the store to a new file, also while a server runs",
                             [&] {
                               return BackupCommand{settings, file};
                             }))
      ->add_option("FILE", file, "The copy; must not exist")
      ->required();
  CLI::App* fairness_app = takes_settings(sub_command(
      "fairness",
      "Judge the room of one event from the store, also while a server runs; exit code 1: not fair", [&] {
        return FairnessCommand{settings, fairness};
      }));
  fairness_app->add_option("--event", fairness.event, "Which event")->required()->check(is_event);
  fairness_app->add_flag("--json", fairness.json, "Print the report as JSON");
  fairness_app->add_option(
      "--joins", fairness.joins,
      "Also write the list of joins (place,user,joined_at_ms) to this new file, for verify-draw");
  CLI::App* draw_app =
      sub_command("verify-draw", "Recompute a draw from what is published of it; exit code 1: wrong",
                  [&] { return VerifyDrawCommand{draw}; });
  draw_app->add_option("--event", draw.event, "Which event was drawn")->required()->check(is_event);
  CLI::Option* draw_url = draw_app->add_option(
      "--url", draw.url,
      "The server that publishes it: GET /queue/draw/EVENT is asked; plain http:// only, no TLS");
  draw_app->add_option("--file", draw.file, "Or its answer, saved: the whole or the part under data")
      ->excludes(draw_url);
  draw_app->add_option("--token", draw.token,
                       "Of a fan, with or without Bearer: whose rank is told; no key is needed");
  draw_app->add_option("--commitment", draw.commitment, "The commitment as you noted it before the draw");
  draw_app->add_option(
      "--list", draw.list,
      "CSV of the joins, place,user,joined_at_ms in the order of places from 1: is the digest theirs?");
  draw_app->add_option("--ranks", draw.ranks,
                       "Write a line `place rank` for everybody who was drawn to this file");
  draw_app->footer(
      "Each check is a line, OK or WRONG. Exit code 0: all agree; 1: something does not, or nothing is drawn "
      "yet;\n"
      "2: what was given cannot be read. How the draw works: docs/draw.md.");
  takes_settings(sub_command("verify-config",
                             "Show every setting, where its value comes from, and all that is wrong",
                             [&] {
                               return VerifyConfigCommand{settings, reference};
                             }))
      ->add_flag("--reference", reference, "Print the reference of all settings (Markdown) instead");
  sub_command("openapi", "Print the description of the API (OpenAPI 3.1)", [] { return OpenApiCommand{}; });
  sub_command("version", "Print the version", [] { return VersionCommand{}; });
  CLI::App* crowd_app =
      sub_command("crowd", "Send a crowd of fans through a running server: join, poll, hold, pay", [&] {
        crowd.think = *parse_duration(think);
        crowd.limit = *parse_duration(limit);
        return CrowdCommand{crowd};
      });
  const CLI::Validator is_duration(
      [](const std::string& given) {
        return parse_duration(given) ? std::string() : "write a duration like 500ms, 30s or 5m";
      },
      "DURATION");
  crowd_app->add_option("--url", crowd.url, "The server; plain http:// only, no TLS")->capture_default_str();
  crowd_app
      ->add_option("--fans", crowd.fans,
                   "How many come (0: with the pre-queue a tenth more than it takes to sell out)")
      ->capture_default_str()
      ->check(CLI::Range(0, 10'000'000));
  crowd_app->add_option("--rate", crowd.rate, "How many arrive per second (0: all at once)")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1e6));
  crowd_app->add_option("--event", crowd.event, "Which event (0: the one on sale)")->capture_default_str();
  crowd_app->add_option("--abandon", crowd.abandon, "Share of fans who give up on the way, 0 to 1")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  crowd_app
      ->add_option("--prequeue", crowd.prequeue,
                   "How many come before the sale opens; its draw is checked (needs --event)")
      ->capture_default_str()
      ->check(CLI::Range(0, 10'000'000));
  crowd_app
      ->add_option("--vanish", crowd.vanish,
                   "Share of fans who go away while holding a seat, which lapses, 0 to 1")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  crowd_app->add_option("--seats-per-fan", crowd.seats_per_fan, "How many seats each wants")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  crowd_app->add_option("--think", think, "A fan's average pause before choosing and before paying")
      ->capture_default_str()
      ->check(is_duration);
  crowd_app->add_option("--connections", crowd.connections, "How many requests at once at most")
      ->capture_default_str()
      ->check(CLI::Range(1, 15'000));
  crowd_app->add_option("--limit", limit, "End after this long (0s: when everybody is through)")
      ->capture_default_str()
      ->check(is_duration);
  crowd_app->add_option("--seed", crowd.seed, "Of the fans' ids and choices (0: another one each time)")
      ->capture_default_str();
  crowd_app->add_flag("--json", crowd.json, "Print the summary as JSON");

  std::ranges::reverse(rest);  // CLI11 takes them from the back
  try {
    app.parse(rest);
  } catch (const CLI::ParseError& error) {
    const bool help = error.get_exit_code() == 0;
    std::ostringstream out, err;
    app.exit(error, out, err);
    return {.command = std::nullopt, .text = out.str() + err.str(), .exit_code = help ? 0 : 2};
  }
  const CLI::App* chosen = app.get_subcommands().front();
  if (!settings.flags.empty() && std::ranges::find(with_settings, chosen) == with_settings.end()) {
    return {
        .command = std::nullopt,
        .text = chosen->get_name() + " reads no settings; leave --" + settings.flags.front().first + " out\n",
        .exit_code = 2};
  }
  return result;
}

}  // namespace stagedoor
