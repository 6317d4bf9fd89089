// Goes on with the cancelled dates that are not done, a piece at a time, so that other commands are decided
// between the pieces. Every instance does so, a while after the piece that it has seen last; a piece begins
// where the one before has ended, whoever did it.
//
// A piece that the store refuses is halved, down to the seat that it refuses, which is tried again once a
// minute: one bad row holds up only its own date.
#pragma once

#include <map>

#include "engine/lane.h"
#include "state/catalogue.h"

namespace stagedoor::operators {

// Lane thread (restore: before it starts).
class CancellationJob final : public Job, public CommitObserver {
 public:
  static constexpr std::size_t kSeatsAtOnce = 200;
  static constexpr Millis kBetweenPieces{20};

  void restore(const Catalogue& catalogue);
  void on_commit(const Batch& batch) override;
  TimePoint next_due(TimePoint now) const override;
  void collect(TimePoint now, std::vector<std::unique_ptr<Command>>& due) override;

 private:
  static constexpr Millis kRetryAlone{60'000};

  class Piece;
  struct Next {
    TimePoint at{};
    std::size_t seats = kSeatsAtOnce;
  };
  void note(const DateCancellation& row);

  std::map<DateId, Next> unfinished_;
  TimePoint not_before_{};  // of the next piece of any date
};

}  // namespace stagedoor::operators
