// The command line (R-K1, R-K2, R-K4, R-K5).
#include "app/commands/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace stagedoor {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

template <class T>
T parsed(const std::vector<std::string>& arguments) {
  const CommandLine line = parse_command_line(arguments);
  const T* command = dynamic_cast<const T*>(line.command.get());
  if (!command) ADD_FAILURE() << line.text;
  return command ? *command : T{};
}

TEST(CommandLine, settings_are_taken_wherever_they_stand) {  // R-K2
  const auto serve =
      parsed<ServeCommand>({"--http.listen=127.0.0.1:0", "serve", "--config", "a.toml", "--store.url",
                            "sqlite:x.db", "--auth.trust_clients", "--log.level=warn"});
  EXPECT_EQ(serve.config_file, "a.toml");
  EXPECT_THAT(serve.flags, ElementsAre(Pair("http.listen", "127.0.0.1:0"), Pair("store.url", "sqlite:x.db"),
                                       Pair("auth.trust_clients", "true"), Pair("log.level", "warn")));
}

TEST(CommandLine, file_of_import_and_backup_stands_beside_settings) {  // R-K4, R-O6
  EXPECT_EQ(parsed<ImportCommand>({"import", "--store.url=sqlite:x.db", "demo.yaml"}).file, "demo.yaml");
  EXPECT_EQ(parsed<BackupCommand>({"backup", "copy.db"}).file, "copy.db");
  EXPECT_EQ(parse_command_line({"import"}).exit_code, 2);
}

TEST(CommandLine, clocks_are_accepted_where_asked) {  // R-A7
  EXPECT_FALSE(parsed<ServeCommand>({"serve"}).accept_clock);
  EXPECT_TRUE(parsed<ServeCommand>({"serve", "--accept-clock"}).accept_clock);
  EXPECT_FALSE(parsed<ClockCommand>({"clock", "--store.url=sqlite:x.db"}).accept);
  EXPECT_TRUE(parsed<ClockCommand>({"clock", "--accept"}).accept);
}

TEST(CommandLine, crowd_takes_its_options) {  // R-K5
  const crowd::CrowdOptions crowd =
      parsed<CrowdCommand>({"crowd", "--url", "http://127.0.0.1:1", "--fans", "7", "--rate=2.5", "--event",
                            "3", "--abandon", "0.25", "--prequeue", "4", "--think", "2s", "--limit=1m",
                            "--json"})
          .options;
  EXPECT_EQ(crowd.url, "http://127.0.0.1:1");
  EXPECT_EQ(crowd.fans, 7);
  EXPECT_EQ(crowd.rate, 2.5);
  EXPECT_EQ(crowd.event, 3);
  EXPECT_EQ(crowd.abandon, 0.25);
  EXPECT_EQ(crowd.prequeue, 4);
  EXPECT_EQ(crowd.think, Millis(2000));
  EXPECT_EQ(crowd.limit, Millis(60'000));
  EXPECT_TRUE(crowd.json);
}

TEST(CommandLine, fairness_and_verify_draw_name_their_event) {  // R-Q13, R-Q17
  const auto fairness =
      parsed<FairnessCommand>({"fairness", "--event", "3", "--json", "--store.url=sqlite:x.db"});
  EXPECT_EQ(fairness.options.event, 3);
  EXPECT_TRUE(fairness.options.json);
  EXPECT_THAT(fairness.flags, ElementsAre(Pair("store.url", "sqlite:x.db")));
  const auto draw =
      parsed<VerifyDrawCommand>({"verify-draw", "--event=3", "--file", "draw.json", "--token", "Bearer x"});
  EXPECT_EQ(draw.options.event, 3);
  EXPECT_EQ(draw.options.file, "draw.json");
  EXPECT_EQ(draw.options.token, "Bearer x");
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"fairness"},
        {"verify-draw"},
        {"verify-draw", "--event", "0", "--file", "a"},
        {"verify-draw", "--event", "1", "--file", "a", "--url", "http://x"}})
    EXPECT_EQ(parse_command_line(arguments).exit_code, 2);
}

TEST(CommandLine, events_names_what_to_do_with_which_sink) {  // R-E2
  using Action = EventsCommand::Action;
  const auto status =
      parsed<EventsCommand>({"events", "status", "--url", "http://h:1", "--admin.keys=a:owner:b"});
  EXPECT_EQ(status.action, Action::status);
  EXPECT_EQ(status.url, "http://h:1");
  EXPECT_THAT(status.flags, ElementsAre(Pair("admin.keys", "a:owner:b")));
  const auto replay = parsed<EventsCommand>({"events", "replay", "crm", "--from", "4711"});
  EXPECT_EQ(replay.action, Action::replay);
  EXPECT_EQ(replay.sink, "crm");
  EXPECT_EQ(replay.from, 4711);
  const auto send = parsed<EventsCommand>({"events", "dead", "send", "crm", "7", "8"});
  EXPECT_EQ(send.action, Action::send);
  EXPECT_THAT(send.ids, ElementsAre(7, 8));
  EXPECT_EQ(parsed<EventsCommand>({"events", "dead", "list", "crm"}).action, Action::list);
  const auto drop = parsed<EventsCommand>({"events", "dead", "drop", "crm", "--all"});
  EXPECT_EQ(drop.action, Action::drop);
  EXPECT_TRUE(drop.all);
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"events"},
                                                    {"events", "dead"},
                                                    {"events", "replay", "crm"},
                                                    {"events", "replay", "crm", "--from", "0"},
                                                    {"events", "dead", "send", "crm"},
                                                    {"events", "dead", "drop", "crm", "x"},
                                                    {"events", "dead", "drop", "crm", "1", "--all"}})
    EXPECT_EQ(parse_command_line(arguments).exit_code, 2) << testing::PrintToString(arguments);
  EXPECT_THAT(parse_command_line({"events", "dead", "--help"}).text, HasSubstr("drop"));
}

TEST(CommandLine, what_it_does_not_know_is_refused_with_code_2) {  // R-K1
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{},
                                                    {"sing"},
                                                    {"serve", "more"},
                                                    {"serve", "--fast"},
                                                    {"crowd", "--abandon", "2"},
                                                    {"crowd", "--think", "long"},
                                                    {"version", "--http.listen=x"},
                                                    {"crowd", "--http.listen=x"}}) {
    const CommandLine line = parse_command_line(arguments);
    EXPECT_EQ(line.command, nullptr);
    EXPECT_EQ(line.exit_code, 2);
    EXPECT_FALSE(line.text.empty());
  }
}

TEST(CommandLine, help_names_every_sub_command_and_setting) {
  const CommandLine help = parse_command_line({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const char* name : {"serve", "import", "audit", "backup", "fairness", "verify-draw", "verify-config",
                           "openapi", "version", "crowd"}) {
    EXPECT_THAT(help.text, HasSubstr(name));
    EXPECT_EQ(parse_command_line({name, "--help"}).exit_code, 0);
  }
  EXPECT_THAT(parse_command_line({"serve", "--help"}).text, HasSubstr("--http.listen"));
}

TEST(CommandLine, help_of_a_sub_command_shows_the_settings_that_matter_to_it) {
  for (const char* name : {"import", "audit", "backup", "fairness", "clock"}) {
    const std::string text = parse_command_line({name, "--help"}).text;
    EXPECT_THAT(text, AllOf(HasSubstr("--store.url"), HasSubstr("stagedoor serve --help"))) << name;
    EXPECT_THAT(text, Not(HasSubstr("--http.listen"))) << name;
    EXPECT_LE(std::ranges::count(text, '\n'), 25) << name;
  }
}

TEST(CommandLine, unknown_sub_command_is_named_with_the_nearest_one) {
  EXPECT_THAT(
      parse_command_line({"servr"}).text,
      AllOf(HasSubstr("no sub-command servr"), HasSubstr("did you mean serve?"), HasSubstr("verify-draw")));
  EXPECT_THAT(parse_command_line({"--store.url=sqlite:x.db", "sing"}).text, HasSubstr("no sub-command sing"));
  EXPECT_THAT(parse_command_line({}).text, HasSubstr("name a sub-command"));
}

}  // namespace
}  // namespace stagedoor
