// Removes expired rows, a few at a time, between batches: idempotent answers after 24 h (R-X5); events after
// every sink has accepted them (R-E1), or, without sinks, after a week.
#pragma once

#include <functional>
#include <optional>

#include "engine/lane.h"

namespace stagedoor {

class Housekeeping : public Job {
 public:
  // The newest event that every sink has accepted; nullopt without sinks.
  using Accepted = std::function<std::optional<OutboxId>()>;

  Housekeeping(Retention& retention, Accepted accepted)
      : retention_(retention), accepted_(std::move(accepted)) {}

  TimePoint next_due(TimePoint) const override { return due_; }
  void collect(TimePoint now, std::vector<std::unique_ptr<Command>>&) override;

 private:
  Retention& retention_;
  Accepted accepted_;
  TimePoint due_{};
};

}  // namespace stagedoor
