// A PostgreSQL server of the test's own, or a streaming replica of it: in a temporary folder, on a free port
// of the loopback, without fsync. It runs as an unprivileged user when the test is root's, and ends with the
// thread that started it.
//
//   if (const auto why = PostgresServer::missing()) GTEST_SKIP() << *why;
//   PostgresServer server;
//   server.create("sale");
//   PostgresStore store({.url = server.url("sale")});
//
// Not thread-safe.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stagedoor::test {

class PostgresServer {
 public:
  // Why there can be none here; nothing when there can.
  static std::optional<std::string> missing();

  using Environment = std::vector<std::pair<std::string, std::string>>;  // added to this process's own

  // `settings`: "name=value" of postgresql.conf, added to those of every test. Throws std::runtime_error,
  // with what the server logged, when it does not start.
  explicit PostgresServer(std::vector<std::string> settings = {}, Environment environment = {});
  // A replica of a server that runs: what that one commits from now on arrives here, too, until promote(). It
  // can be read.
  static std::unique_ptr<PostgresServer> replica_of(const PostgresServer& primary);
  ~PostgresServer();  // removes the folder
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  enum class How {
    fast,
    immediate
  };  // disconnects everybody and stops in order; or as after a loss of power
  void stop(How how);
  void start();  // after stop(); on the same port
  void restart(How how) { stop(how), start(); }
  // Whether it ended by itself; then start() may be called.
  bool has_ended();
  // A replica becomes a primary; returns when it takes writes.
  void promote();

  // "postgres://stagedoor@127.0.0.1:PORT/DATABASE"; `port` another than the server's own: of a proxy before
  // it.
  std::string url(std::string_view database, int port = 0) const;
  int port() const { return port_; }
  const std::filesystem::path& folder() const { return folder_; }
  std::string log() const;

  // Makes a database, as a copy of another when a `model` is named.
  void create(const std::string& database, const std::string& model = "template0");
  void drop(const std::string& database);  // also when it is in use
  // Runs statements, and gives the first column of the first row of the last one. Throws std::runtime_error.
  std::string ask(const std::string& database, const std::string& statements) const;

 private:
  struct Empty {};
  PostgresServer(Empty, std::vector<std::string> settings,
                 Environment environment);  // a folder, and nothing in it
  std::string data() const { return (folder_ / "data").string(); }
  pid_t spawn(const std::vector<std::string>& command) const;
  void run(const std::vector<std::string>& command) const;

  std::filesystem::path folder_;
  std::vector<std::string> settings_;
  Environment environment_;
  int port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace stagedoor::test
