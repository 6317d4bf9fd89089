#include "modules/reservation/lapse.h"

#include "modules/reservation/model.h"

namespace stagedoor {
namespace {

class Lapse : public Command {
 public:
  Lapse(LapseHolds& owner, std::vector<ReservationId> holds, TimePoint due)
      : Command(LaneClass::payment, {}), owner_(owner), holds_(std::move(holds)), due_(due) {}

  void keys(const View& view, Keys& wanted) const override {
    for (const ReservationId id : holds_) cancel_keys({id, {}}, view, wanted);
  }
  Decided decide(const View& view, Moment& moment) override {
    return {{}, decide_lapse(holds_, view, moment), false};
  }
  void reply(Answer answer) override {
    constexpr int kNothingWasDone = 503;
    if (answer.status == kNothingWasDone) owner_.again(holds_, due_);
  }

 private:
  LapseHolds& owner_;
  std::vector<ReservationId> holds_;
  TimePoint due_;
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
  due.push_back(std::make_unique<Lapse>(*this, std::move(holds), now));
}

void LapseHolds::again(const std::vector<ReservationId>& holds, TimePoint due) {
  for (const ReservationId id : holds) ends_.emplace(due, id);
}

}  // namespace stagedoor
