// Writes a line of the log for each action of an operator, beside its row of the audit log (R-A9).
#pragma once

#include "engine/lane.h"

namespace stagedoor {

class ActionLog final : public CommitObserver {
 public:
  void on_commit(const Batch& batch) override;
  void on_remote_commit(const Batch&) override {}  // logged by the instance that committed it
};

}  // namespace stagedoor
