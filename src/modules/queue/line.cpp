#include "modules/queue/line.h"

#include <algorithm>

namespace stagedoor::queue {
namespace {

// A side line is next if enough others were admitted since its last admission that its share allows one.
bool is_due(std::uint32_t since, double share) { return (since + 1) * share >= 1 - 1e-9; }

}  // namespace

bool Line::is_counted(Place place) const {
  return waiting_[place - 1] && !vanished_[place - 1] && !priority_users_[place - 1];
}

bool Line::stands_behind_frontier(Place place) const {
  return waiting_[place - 1] && present_[place - 1] && !is_counted(place) && !returned_.contains(place);
}

void Line::set_present(Place place, bool present) {
  if (present_[place - 1] == present) return;
  present_[place - 1] = present;
  present_count_ += present ? 1U : ~0U;
}

void Line::append(bool has_priority) {
  waiting_.push_back(true);
  present_.push_back(true);
  vanished_.push_back(false);
  priority_users_.push_back(has_priority);
  ++waiting_count_;
  ++present_count_;
  if (has_priority) priority_.append(last());
  if (is_gathering_) return;
  counted_.append(!has_priority);
  uncounted_.append(has_priority);
}

void Line::remove(Place place) {
  if (!waiting_[place - 1]) return;
  waiting_[place - 1] = false;
  --waiting_count_;
  set_present(place, false);
  returned_.remove(place);
  priority_.remove(place);
  if (is_gathering_) return;
  counted_.remove(rank_of(place));
  uncounted_.remove(rank_of(place));
}

void Line::leave(Place place) { remove(place); }

void Line::admit(Place place) {
  const bool is_of_returned = returned_.contains(place);
  const bool is_of_priority = is_in_lane(place);
  since_returned_ = is_of_returned ? 0 : since_returned_ + 1;
  since_priority_ = is_of_priority && !is_of_returned ? 0 : since_priority_ + 1;
  if (!is_of_returned && !is_of_priority) frontier_ = std::max(frontier_, rank_of(place));
  remove(place);
}

void Line::vanish(Place place) {
  vanished_[place - 1] = true;
  if (!waiting_[place - 1]) return;
  set_present(place, false);
  priority_.remove(place);
  if (is_gathering_) return;
  counted_.remove(rank_of(place));
  uncounted_.remove(rank_of(place));
}

void Line::prioritise(Place place) {
  if (is_in_lane(place)) return;
  priority_users_[place - 1] = true;
  ended_priority_.erase(place);
  if (!waiting_[place - 1] || vanished_[place - 1]) return;
  priority_.append(place);
  if (is_gathering_) return;
  counted_.remove(rank_of(place));
  uncounted_.insert(rank_of(place));
}

void Line::end_priority(Place place) {
  if (!is_in_lane(place)) return;
  ended_priority_.insert(place);
  priority_.remove(place);
}

void Line::come_back(Place place) {
  if (!waiting_[place - 1] || present_[place - 1]) return;
  set_present(place, true);
  const bool has_passed = is_in_lane(place) || (!is_gathering_ && rank_of(place) <= frontier_);
  if (has_passed) returned_.append(place);
  else if (!is_gathering_) uncounted_.insert(rank_of(place));
}

void Line::go_again(Place place) {
  if (!vanished_[place - 1] || !present_[place - 1]) return;
  set_present(place, false);
  returned_.remove(place);
  if (!is_gathering_) uncounted_.remove(rank_of(place));
}

void Line::gather() {
  is_gathering_ = true;
  counted_ = {};
  uncounted_ = {};
  order_ = {};
}

void Line::set_order(protocol::DrawnOrder order) {
  order_ = std::move(order);
  is_gathering_ = false;
  frontier_ = 0;
  counted_ = WaitingSet(last(), [&](Place rank) { return is_counted(place_at(rank)); });
  uncounted_ = WaitingSet(last(), [&](Place rank) { return stands_behind_frontier(place_at(rank)); });
}

std::optional<std::uint32_t> Line::position(Place place) const {
  if (is_gathering_) return std::nullopt;
  const std::uint32_t in_line = counted_.count_before(rank_of(place));
  if (returned_.contains(place)) return 0;
  return priority_.contains(place) ? std::min(in_line, priority_.count_before(place)) : in_line;
}

std::uint32_t Line::present_before(Place place) const {
  const Place rank = rank_of(place);
  return counted_.count_before(rank) + uncounted_.count_before(rank);
}

std::uint32_t Line::present_behind(Place place) const {
  const Place rank = rank_of(place);
  const std::uint32_t itself = counted_.contains(rank) || uncounted_.contains(rank) ? 1 : 0;
  return counted_.count() + uncounted_.count() - present_before(place) - itself;
}

std::vector<Place> Line::next(std::size_t wanted, const Shares& shares,
                              absl::FunctionRef<bool(Place)> is_there) const {
  std::vector<Place> places;
  if (is_gathering_) return places;
  absl::flat_hash_set<Place> taken;  // of people with priority, who stand in the line too
  Place rank = 0;
  const auto of_line = [&] {
    for (;;) {
      const Place counted = counted_.next_after(rank);
      const Place other = uncounted_.next_after(rank);
      rank = counted && other ? std::min(counted, other) : std::max(counted, other);
      if (rank == 0) return Place{0};
      const Place place = place_at(rank);
      if (is_there(place) && !taken.contains(place)) return place;
    }
  };
  const auto of_side = [&](const SideLine& side, Place& cursor) {
    for (;;) {
      const Place place = side.next(cursor);
      if (place == 0 || (is_there(place) && !taken.contains(place))) return place;
    }
  };
  Place returned_cursor = 0;
  Place priority_cursor = 0;
  Place from_line = of_line();
  Place from_returned = of_side(returned_, returned_cursor);
  Place from_priority = of_side(priority_, priority_cursor);
  std::uint32_t since_returned = since_returned_;
  std::uint32_t since_priority = since_priority_;
  const auto take = [&](Place place) {
    places.push_back(place);
    ++since_returned;
    ++since_priority;
  };
  while (places.size() < wanted) {
    const bool others_wait = from_line != 0;
    if (from_returned && (is_due(since_returned, shares.returned) || (!others_wait && !from_priority))) {
      take(from_returned);
      since_returned = 0;
      from_returned = of_side(returned_, returned_cursor);
    } else if (from_priority && (is_due(since_priority, shares.priority) || !others_wait)) {
      take(from_priority);
      since_priority = 0;
      taken.insert(from_priority);
      if (from_line == from_priority) from_line = of_line();
      from_priority = of_side(priority_, priority_cursor);
    } else if (others_wait) {
      take(from_line);
      if (priority_.contains(from_line)) {
        since_priority = 0;
        taken.insert(from_line);
        if (from_priority == from_line) from_priority = of_side(priority_, priority_cursor);
      }
      from_line = of_line();
    } else {
      break;
    }
  }
  return places;
}

PlaceBitmap Line::absences(std::int32_t block) const {
  PlaceBitmap row{.event = {}, .block = block, .bits = std::string(kPlaceBits / 8, '\0')};
  const auto first = static_cast<std::size_t>(block) * kPlaceBits;
  for (std::size_t i = 0; i < kPlaceBits && first + i < vanished_.size(); ++i) {
    if (vanished_[first + i]) row.bits[i / 8] = static_cast<char>(row.bits[i / 8] | (1 << (i % 8)));
  }
  return row;
}

}  // namespace stagedoor::queue
