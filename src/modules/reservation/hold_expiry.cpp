#include "modules/reservation/hold_expiry.h"

#include "modules/reservation/model.h"

namespace stagedoor::reservation {
namespace {

constexpr Millis kRetry{1000};
constexpr Millis kRetryAlone{60'000};

}  // namespace

class HoldExpiry::Sweep : public Command {
 public:
  Sweep(HoldExpiry& all, TimePoint collected_at, std::vector<ReservationId> holds)
      : Command(LaneClass::payment, {}), all_(all), collected_at_(collected_at), holds_(std::move(holds)) {}

  void rows_to_load(const View& view, Keys& wanted) const override {
    for (const ReservationId id : holds_) cancel_keys({id, {}}, view, wanted);
  }
  CommandResult decide(const View& view, BatchContext& context) override {
    return {{}, decide_lapse(holds_, view, context), false};
  }
  void reply(Answer answer) override {
    if (!answer.refusal) return;
    const bool is_refused = answer.refusal == Code::INTERNAL;
    const Millis retry = is_refused && holds_.size() == 1 ? kRetryAlone : kRetry;
    for (const ReservationId id : holds_) all_.ends_.push({collected_at_ + retry, id, is_refused});
  }

 private:
  HoldExpiry& all_;
  TimePoint collected_at_;
  std::vector<ReservationId> holds_;
};

void HoldExpiry::restore(StartupState& store) {
  store.read({.reservation = [&](const Reservation& row) {
    if (row.is_unpaid()) ends_.push({row.expires_at, row.id});
  }});
}

void HoldExpiry::on_commit(const Batch& batch) {
  for (const auto& [row, stored] : batch.reservations.rows()) {
    if (row.is_unpaid() && (!stored || row.expires_at < stored->expires_at))
      ends_.push({row.expires_at, row.id});
  }
}

TimePoint HoldExpiry::next_due(TimePoint) const { return ends_.empty() ? kNever : ends_.top().at; }

void HoldExpiry::collect(TimePoint now, std::vector<std::unique_ptr<Command>>& due) {
  std::vector<ReservationId> holds;
  for (std::size_t i = 0; i < kAtOnce && !ends_.empty() && ends_.top().at <= now; ++i) {
    const End end = ends_.top();
    ends_.pop();
    if (end.alone) due.push_back(std::make_unique<Sweep>(*this, now, std::vector{end.hold}));
    else holds.push_back(end.hold);
  }
  if (!holds.empty()) due.push_back(std::make_unique<Sweep>(*this, now, std::move(holds)));
}

}  // namespace stagedoor::reservation
