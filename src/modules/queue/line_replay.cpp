#include "modules/queue/line_replay.h"

#include <algorithm>
#include <iterator>

namespace stagedoor::queue {

LineReplay::LineReplay(const std::vector<LineMark>& marks, const std::vector<PassedOver>& passed_over) {
  epochs_[1];
  const LineMark* before = nullptr;
  Place last = 0;
  for (const LineMark& mark : marks) {
    event_ = mark.event;
    Epoch& epoch = epochs_[mark.epoch];
    const bool is_start = mark.epoch > 1 && (!before || before->epoch != mark.epoch);
    if (is_start) {
      epoch.start = mark.at();
      epoch.random = mark.random;
    } else {
      const LogPosition from = before && before->epoch == mark.epoch ? before->at() : epoch.start;
      epoch.stretches[from] = {.to = mark.at(),
                               .before = last,
                               .last = mark.last_place,
                               .proof_at = mark.at(),
                               .proof = mark.random};
      if (mark.last_place > last) joined_at_[mark.last_place] = mark.joined_at;
    }
    last = std::max(last, mark.last_place);
    before = &mark;
  }
  owners_.resize(last);
  const Epoch* end = nullptr;  // of the later epochs the one that starts lowest
  for (auto epoch = epochs_.rbegin(); epoch != epochs_.rend(); ++epoch) {
    for (auto& [from, stretch] : epoch->second.stretches) {
      stretch.is_cut = end && stretch.to > end->start;
      if (!stretch.is_cut) continue;
      stretch.proof_at = end->start;
      stretch.proof = end->random;
    }
    if (!end || epoch->second.start < end->start) end = &epoch->second;
  }
  for (const PassedOver& row : passed_over) passed_over_.insert({row.epoch, {row.log_high, row.log_low}});
}

LineReplay::Found LineReplay::add(const LogRecord& record) {
  if (record.place > 0 && record.place <= owners_.size()) {  // put back
    put_back_.try_emplace(record.place, record.user);
    UserId& owner = owners_[record.place - 1];
    if (owner == UserId{}) owner = record.user;
  }
  for (auto epoch = epochs_.rbegin(); epoch != epochs_.rend(); ++epoch) {
    if (epoch->second.start >= record.at) continue;
    auto& stretches = epoch->second.stretches;
    const auto behind = stretches.lower_bound(record.at);
    if (behind == stretches.begin()) return {};
    Stretch& stretch = std::prev(behind)->second;
    if (record.at > stretch.to) return {};  // not taken yet
    stretch.is_proven =
        stretch.is_proven || (record.at == stretch.proof_at && record.random == stretch.proof);
    if (record.place > 0 || passed_over_.contains({epoch->first, {record.at.high, record.at.low}}))
      return {.is_taken = true};
    const Place place = stretch.before + ++stretch.counted;
    if (place <= stretch.last) owners_[place - 1] = record.user;
    return {.is_taken = true, .place = place};
  }
  return {};
}

std::vector<LinePlace> LineReplay::read(Place after, std::size_t limit) const {
  std::vector<LinePlace> places;
  for (Place place = after + 1; place <= last_place() && places.size() < limit; ++place) {
    const auto batch = joined_at_.lower_bound(place);
    places.push_back({event_, place, owners_[place - 1],
                      batch == joined_at_.end() ? TimePoint{} : batch->second, std::nullopt});
  }
  return places;
}

void LineReplay::drop_unproven() {
  for (const auto& [number, epoch] : epochs_) {
    for (const auto& [from, stretch] : epoch.stretches) {
      if (stretch.is_proven) continue;
      const Place last = std::min(stretch.last, stretch.before + stretch.counted);
      for (Place place = stretch.before + 1; place <= last; ++place) {
        const auto again = put_back_.find(place);
        owners_[place - 1] = again == put_back_.end() ? UserId{} : again->second;
      }
    }
  }
}

std::vector<Place> LineReplay::lost() const {
  std::vector<Place> places;
  for (Place place = 1; place <= last_place(); ++place)
    if (owners_[place - 1] == UserId{}) places.push_back(place);
  return places;
}

bool LineReplay::is_damaged() const {
  for (const auto& [number, epoch] : epochs_) {
    for (const auto& [from, stretch] : epoch.stretches) {
      const Place counted = stretch.before + stretch.counted;
      if (stretch.is_proven && (counted > stretch.last || (!stretch.is_cut && counted < stretch.last)))
        return true;
    }
  }
  return false;
}

}  // namespace stagedoor::queue
