// What a suite sends its calls to: one server over a file; or, where STAGEDOOR_TEST_INSTANCES=3 asks for
// that, so many over one PostgreSQL, each call to the next of them. What is promised of one must hold of
// several. STAGEDOOR_TEST_LINE=redis keeps the joins in a Redis server of its own (R-Q18).
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cluster/cluster.h"
#include "crash/stored.h"
#include "support/redis_server.h"
#include "support/server_process.h"

namespace stagedoor::test {

class Deployment {
 public:
  explicit Deployment(const std::string& catalogue = "",
                      std::vector<std::pair<std::string, std::string>> settings = {});
  std::vector<std::string> urls() const;  // others after a start
  std::size_t size() const { return single_ ? 1 : cluster_->size(); }
  ServerProcess& server(std::size_t i = 0) { return single_ ? *single_ : cluster_->server(i); }
  // Each server in turn.
  void kill9_all();
  void start_all();

  // What stands in the store, read past the servers.
  Stored stored() const;
  CommandResult audit();

 private:
  std::unique_ptr<RedisServer> redis_;  // of the single one; null: its store has the line
  std::unique_ptr<ServerProcess> single_;
  std::unique_ptr<Cluster> cluster_;
};

}  // namespace stagedoor::test
