// Sub-commands whose modules do not exist yet. Each goes from here when it does.
#include <cstdio>

#include "app/cli.h"
#include "app/commands.h"

namespace stagedoor {
namespace {

int not_built_yet(const char* name) {
  std::fprintf(stderr, "stagedoor: %s is not built yet\n", name);
  return 1;
}

}  // namespace


int run_import(const Config&, const std::string&) { return not_built_yet("import"); }
int run_audit(const Config&) { return not_built_yet("audit"); }
int run_backup(const Config&, const std::string&) { return not_built_yet("backup"); }
int run_openapi() { return not_built_yet("openapi"); }

}  // namespace stagedoor
