#include <cstdio>

#include "app/commands/commands.h"

namespace stagedoor {

int VersionCommand::run() const {
  std::puts("stagedoor " STAGEDOOR_VERSION);
  return 0;
}

}  // namespace stagedoor
