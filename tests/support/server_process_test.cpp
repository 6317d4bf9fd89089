// Checked with a shell script in the place of the real binary, so that what the helper does with servers that
// fail is checked too.
#include "support/server_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace stagedoor::test {
namespace {

using testing::HasSubstr;

// A script that stands for the binary; removed at the end.
struct Script {
  std::filesystem::path file;

  explicit Script(std::string_view body) {
    std::string pattern = (std::filesystem::temp_directory_path() / "stagedoor-script-XXXXXX").string();
    close(mkstemp(pattern.data()));
    file = pattern;
    std::ofstream(file) << "#!/bin/sh\n" << body;
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  }
  ~Script() { std::filesystem::remove(file); }
};

constexpr std::string_view kServing = R"(
echo "started with $*" >&2
trap 'echo bye >&2; exit 0' TERM
echo 'not json'
echo '{"event":"other"}'
echo '{"event":"listening","address":"127.0.0.1:4711"}'
while :; do sleep 0.01; done
)";

TEST(ServerProcess, waits_for_the_listening_line_and_stops_on_request) {
  const Script script(kServing);
  std::filesystem::path folder;
  {
    ServerProcess server(
        {.catalogue = "events: []", .settings = {{"http.threads", "1"}}, .binary = script.file});
    folder = server.folder();
    EXPECT_EQ(server.url(), "http://127.0.0.1:4711");
    EXPECT_THAT(server.log(),
                HasSubstr("serve --http.listen=127.0.0.1:0 --http.threads=1 --catalogue.file="));
    server.restart();
    server.stop();
    EXPECT_FALSE(server.running());
    EXPECT_THAT(server.log(), HasSubstr("bye"));
    EXPECT_THROW(server.kill9(), std::logic_error);
    server.start();
    const pid_t pid = server.pid();
    server.kill9();
    EXPECT_EQ(kill(pid, 0), -1);
    server.start();
  }
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST(ServerProcess, tells_what_a_server_that_does_not_start_logged) {
  const Script script("echo 'wrong setting' >&2; exit 2\n");
  try {
    ServerProcess server({.binary = script.file});
    FAIL() << "it started";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("wrong setting"));
  }
}

TEST(ServerProcess, gives_up_on_a_server_that_never_listens) {
  const Script script("exec sleep 1000\n");
  EXPECT_THROW(ServerProcess({.binary = script.file, .ready_within = std::chrono::milliseconds(50)}),
               std::runtime_error);
}

TEST(ServerProcess, refuses_a_server_that_stops_badly_or_not_at_all) {
  const Script bad(
      "trap 'exit 3' TERM; echo '{\"event\":\"listening\",\"address\":\"a:1\"}'; while :; do sleep 0.01; "
      "done");
  EXPECT_THROW(ServerProcess({.binary = bad.file}).stop(), std::runtime_error);
  const Script deaf(
      "trap '' TERM; echo '{\"event\":\"listening\",\"address\":\"a:1\"}'; while :; do sleep 0.01; done");
  EXPECT_THROW(ServerProcess({.binary = deaf.file}).stop(std::chrono::milliseconds(50)), std::runtime_error);
}

TEST(ServerProcess, runs_commands_on_the_same_store) {
  const Script script(std::string("case $1 in audit) echo \"out $* $STAGEDOOR_STORE_URL\"; echo \"key "
                                  "$STAGEDOOR_ADMIN_KEYS\" >&2; exit 1;; esac\n") +
                      std::string(kServing));
  ServerProcess server(
      {.settings = {{"store.url", "sqlite:x.db"}, {"http.threads", "1"}}, .binary = script.file});
  const CommandResult result = server.run({"audit"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "out audit sqlite:x.db\n");
  EXPECT_EQ(result.err, "key test:owner:" + std::string(kOwnerKey) + "\n");
}

}  // namespace
}  // namespace stagedoor::test
