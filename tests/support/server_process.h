// The real stagedoor binary as a process of its own, in a temporary folder and on a free port.
//
//   ServerProcess server({.catalogue = kClubNight, .settings = {{"http.threads", "1"}}});
//   Api api(server.url());
//   …
//   server.kill9();
//   server.start();                       // the same store; the port, and so url(), is another
//   EXPECT_EQ(server.run({"audit"}).exit_code, 0);
//
// Start it from a thread that outlives it: the kernel kills the server when the thread that started it ends,
// so that a test that dies leaves no server behind. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <boost/json/object.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stagedoor::test {

// The operator key (role owner) of every server started here.
constexpr std::string_view kOwnerKey = "test-owner-key-0123456789abcdef";

struct ServerOptions {
  std::string catalogue = {};                                         // YAML; empty: none
  std::vector<std::pair<std::string, std::string>> settings = {};     // name, value; passed as --name=value
  std::vector<std::pair<std::string, std::string>> environment = {};  // added to this process's own
  std::string binary = {};                                            // empty: the one of this build
  std::chrono::milliseconds ready_within = std::chrono::seconds(30);
};

struct CommandResult {
  int exit_code = -1;  // 128 + signal when a signal ended it
  std::string out;
  std::string err;
};

class ServerProcess {
 public:
  // Starts the server and waits until it listens. Throws std::runtime_error, with what the server logged,
  // when it does not.
  explicit ServerProcess(ServerOptions options = {});
  // Kills the server if it runs, removes the folder.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // "http://127.0.0.1:PORT" of the running server; another after each start.
  const std::string& url() const { return url_; }
  pid_t pid() const { return pid_; }
  bool running() const { return pid_ > 0; }
  // Holds stagedoor.db, catalogue.yaml and stderr.log; the server's working directory.
  const std::filesystem::path& folder() const { return folder_; }
  // The line that said where it listens.
  const boost::json::object& listening() const { return listening_; }
  // How long the latest start took, from the fork to the listening line.
  std::chrono::milliseconds started_in() const { return started_in_; }
  // Everything written to standard error since the first start.
  std::string log() const;

  // Waits until it ends by itself: its exit code, 128 + signal when a signal ended it. Throws when it still
  // runs after `within`.
  int wait_for_end(std::chrono::milliseconds within = std::chrono::seconds(20));
  // Ends it at once; returns when it is gone.
  void kill9();
  // SIGTERM, and waits for the end; throws when that takes longer than `within` or the exit code is not 0.
  void stop(std::chrono::milliseconds within = std::chrono::seconds(20));
  // Starts it again on the same folder after it has ended.
  void start();
  // stop() and start().
  void restart();
  // Changes a setting for the next start.
  void set(std::string_view name, std::string_view value);

  // Runs `stagedoor ARGUMENTS…` in the server's folder with its settings' store and line and waits for its
  // end.
  CommandResult run(const std::vector<std::string>& arguments) const;

 private:
  ServerOptions options_;
  std::filesystem::path folder_;
  std::string url_;
  boost::json::object listening_;
  std::chrono::milliseconds started_in_{};
  pid_t pid_ = -1;
  int stdout_ = -1;
};

}  // namespace stagedoor::test
