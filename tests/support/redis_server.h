// A Redis server of the test's own: in a temporary folder, on a free port of the loopback. It ends with the
// object.
//
//   if (const auto why = RedisServer::missing()) GTEST_SKIP() << *why;
//   RedisServer server;
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stagedoor::test {

class RedisServer {
 public:
  // Why there can be none here; nothing when there can.
  static std::optional<std::string> missing();

  // `options`: "--appendonly", "yes". Throws std::runtime_error if it does not start.
  explicit RedisServer(std::vector<std::string> options = {});
  ~RedisServer();  // removes the folder
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  void kill();   // as after a crash
  void start();  // after kill(), on the same port
  void pause();  // does not answer
  void resume();
  // The answer of redis-cli to these words.
  std::string ask(const std::vector<std::string>& words) const;

  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
  int port() const { return port_; }

 private:
  std::filesystem::path folder_;
  std::vector<std::string> options_;
  int port_ = 0;
  pid_t pid_ = 0;
};

// For suites that STAGEDOOR_TEST_LINE=redis sends through one; null: it is not set.
std::unique_ptr<RedisServer> line_server();

}  // namespace stagedoor::test
