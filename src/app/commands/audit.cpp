#include <cstdio>

#include "app/commands/commands.h"
#include "app/commands/judged.h"
#include "app/instance/open_store.h"

namespace stagedoor {

int AuditCommand::run_with(const LoadedConfig& loaded) const {
  return judged([&] {
    const reports::AuditReport report = store_reports(loaded.config).audit();
    std::fputs(report.text().c_str(), stdout);
    return report.is_clean() ? 0 : 1;
  });
}

}  // namespace stagedoor
