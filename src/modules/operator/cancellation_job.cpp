#include "modules/operator/cancellation_job.h"

#include <algorithm>

#include "modules/operator/date_cancellation.h"

namespace stagedoor::operators {

class CancellationJob::Piece : public Command {
 public:
  Piece(CancellationJob& job, TimePoint collected_at, CancellationPiece piece)
      : Command(LaneClass::operation, {}), job_(job), collected_at_(collected_at), piece_(piece) {}

  void rows_to_load(const View& view, Keys& wanted) const override { piece_keys(piece_, view, wanted); }
  CommandResult decide(const View& view, BatchContext& context) override {
    return {{}, decide_piece(piece_, view, context), false};
  }
  void reply(Answer answer) override {
    const auto next = job_.unfinished_.find(piece_.date);
    if (next == job_.unfinished_.end()) return;
    const bool is_refused = answer.refusal == Code::INTERNAL;
    if (is_refused && piece_.seats == 1) next->second.at = collected_at_ + kRetryAlone;
    next->second.seats =
        is_refused ? std::max<std::size_t>(1, piece_.seats / 2) : std::min(kSeatsAtOnce, piece_.seats * 2);
  }
  bool ends_batch() const override { return true; }

 private:
  CancellationJob& job_;
  TimePoint collected_at_;
  CancellationPiece piece_;
};

void CancellationJob::restore(const Catalogue& catalogue) {
  for (const auto& [date, row] : catalogue.cancellations) note(row);
}

void CancellationJob::on_commit(const Batch& batch) {
  for (const DateCancellation& row : batch.catalogue.cancellations) note(row);
  if (!batch.catalogue.cancellations.empty()) not_before_ = std::max(not_before_, batch.now + kBetweenPieces);
}

void CancellationJob::note(const DateCancellation& row) {
  if (row.finished_at) unfinished_.erase(row.date);
  else unfinished_.try_emplace(row.date);
}

TimePoint CancellationJob::next_due(TimePoint) const {
  TimePoint earliest = kNever;
  for (const auto& [date, next] : unfinished_) earliest = std::min(earliest, next.at);
  return std::max(earliest, not_before_);
}

void CancellationJob::collect(TimePoint now, std::vector<std::unique_ptr<Command>>& due) {
  const auto next = std::ranges::min_element(unfinished_, {}, [](const auto& one) { return one.second.at; });
  if (next == unfinished_.end() || next->second.at > now) return;
  due.push_back(std::make_unique<Piece>(*this, now, CancellationPiece{next->first, next->second.seats}));
  next->second.at = not_before_ = now + kBetweenPieces;
}

}  // namespace stagedoor::operators
