// Removes what has outlived its purpose: idempotent answers after 24 h (R-X5), events of the outbox that
// nobody relays after a week. A little at a time, between batches.
#pragma once

#include "engine/lane.h"

namespace stagedoor {

class Housekeeping : public Job {
 public:
  explicit Housekeeping(Retention& retention) : retention_(retention) {}

  TimePoint next_due(TimePoint) const override { return due_; }
  void collect(TimePoint now, std::vector<std::unique_ptr<Command>>&) override;

 private:
  Retention& retention_;
  TimePoint due_{};
};

}  // namespace stagedoor
