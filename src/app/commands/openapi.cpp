#include "http/openapi.h"

#include <cstdio>

#include "app/commands/commands.h"
#include "app/instance/service.h"

namespace stagedoor {

int OpenApiCommand::run() const {
  Config config;
  config.store.url = "sqlite::memory:";
  const Service service(config);
  std::fputs(http::openapi(service.router(), STAGEDOOR_VERSION).c_str(), stdout);
  return 0;
}

}  // namespace stagedoor
