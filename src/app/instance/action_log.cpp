#include "app/instance/action_log.h"

#include "core/log.h"

namespace stagedoor {

void ActionLog::on_commit(const Batch& batch) {
  // Without the detail: it may be about a person.
  for (const LogRow& row : batch.log) {
    log(LogLevel::info, "operator action",
        {{kRecordField, "stagedoor.audit"},
         {"event.action", row.action},
         {"user.name", row.operator_name},
         {"stagedoor.event.id", row.event.value}});
  }
}

}  // namespace stagedoor
