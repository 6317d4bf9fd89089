#include "cluster/deployment.h"

#include <cstdlib>

namespace stagedoor::test {
namespace {

std::size_t instances() {
  const char* const asked = std::getenv("STAGEDOOR_TEST_INSTANCES");
  return asked ? std::size_t(std::atoi(asked)) : 1;
}

}  // namespace

Deployment::Deployment(const std::string& catalogue,
                       std::vector<std::pair<std::string, std::string>> settings) {
  if (instances() > 1) {
    cluster_ = std::make_unique<Cluster>(catalogue, instances(), std::move(settings));
    return;
  }
  redis_ = line_server();
  if (redis_) settings.emplace_back("room.url", redis_->url());
  single_ =
      std::make_unique<ServerProcess>(ServerOptions{.catalogue = catalogue, .settings = std::move(settings)});
}

std::vector<std::string> Deployment::urls() const {
  return single_ ? std::vector{single_->url()} : cluster_->urls();
}

void Deployment::kill9_all() {
  for (std::size_t i = 0; i < size(); ++i) server(i).kill9();
}
void Deployment::start_all() {
  for (std::size_t i = 0; i < size(); ++i) server(i).start();
}

Stored Deployment::stored() const {
  return single_ ? read_stored(single_->folder() / "stagedoor.db") : cluster_->stored();
}

CommandResult Deployment::audit() { return server().run({"audit"}); }

}  // namespace stagedoor::test
