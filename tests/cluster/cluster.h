// Some instances of the real server over a real PostgreSQL, each reaching it through a proxy of its own that
// can fail; and what stands in the tables, read past all of them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crash/stored.h"
#include "support/postgres_server.h"
#include "support/redis_server.h"
#include "support/server_process.h"
#include "support/tcp_proxy.h"

namespace stagedoor::test {

class Cluster {
 public:
  // STAGEDOOR_TEST_LINE=redis in the environment: the joins are in a Redis server of its own.
  // All instances started, the catalogue imported by the first. `settings` are those of each.
  // STAGEDOOR_TEST_NEIGHBOUR=PATH in the environment: every second one is this binary, of a neighbouring
  // version (docs/releasing.md).
  explicit Cluster(const std::string& catalogue, std::size_t instances = 3,
                   std::vector<std::pair<std::string, std::string>> settings = {},
                   std::unique_ptr<PostgresServer> postgres = std::make_unique<PostgresServer>());

  PostgresServer& postgres() { return *postgres_; }
  std::size_t size() const { return servers_.size(); }
  ServerProcess& server(std::size_t i) { return *servers_[i]; }
  TcpProxy& proxy(std::size_t i) { return *proxies_[i]; }
  // The one before is gone for good, and this one has its databases: names, that is the proxies, lead there.
  void take_over(std::unique_ptr<PostgresServer> postgres);
  // Where each serves; the same over restarts.
  std::vector<std::string> urls() const;
  // Until every instance says that it is ready; throws when one does not within 20 s.
  void wait_until_ready() const;

  Stored stored() const;
  std::string ask(const std::string& statement) const { return postgres_->ask("sale", statement); }
  CommandResult audit() const;

 private:
  std::unique_ptr<PostgresServer> postgres_;
  std::unique_ptr<RedisServer> redis_;  // null: the database has the line
  std::vector<std::unique_ptr<TcpProxy>> proxies_;
  std::vector<std::unique_ptr<ServerProcess>> servers_;
};

}  // namespace stagedoor::test
