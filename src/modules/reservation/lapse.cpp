#include "modules/reservation/lapse.h"

#include "modules/reservation/model.h"

namespace stagedoor {
namespace {

class Lapse : public Command {
 public:
  explicit Lapse(std::vector<ReservationId> holds)
      : Command(LaneClass::payment, {}), holds_(std::move(holds)) {}

  void keys(const View& view, Keys& wanted) const override {
    for (const ReservationId id : holds_) cancel_keys({id, {}}, view, wanted);
  }
  Decided decide(const View& view, Moment& moment) override {
    return {{}, decide_lapse(holds_, view, moment), false};
  }
  void reply(Answer) override {}

 private:
  std::vector<ReservationId> holds_;
};

}  // namespace

void LapseHolds::restore(Store& store) {
  store.each_taking_reservation([&](const Reservation& row) {
    if (row.is_unpaid()) ends_.emplace(row.expires_at, row.id);
  });
}

void LapseHolds::committed(const Batch& batch) {
  for (const auto& [row, stored] : batch.reservations.rows()) {
    if (!stored && row.is_unpaid()) ends_.emplace(row.expires_at, row.id);
  }
}

TimePoint LapseHolds::next_due(TimePoint) const { return ends_.empty() ? kNever : ends_.top().first; }

void LapseHolds::collect(TimePoint now, std::vector<std::unique_ptr<Command>>& due) {
  std::vector<ReservationId> holds;
  while (!ends_.empty() && ends_.top().first <= now && holds.size() < kAtOnce) {
    holds.push_back(ends_.top().second);
    ends_.pop();
  }
  due.push_back(std::make_unique<Lapse>(std::move(holds)));
}

}  // namespace stagedoor
