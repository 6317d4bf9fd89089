#include "modules/catalogue/seat_map.h"

namespace stagedoor::catalogue {

SeatMap::SeatMap(const EventDate& date)
    : taken_by_(date.seats.size()),
      blocked_(date.seats.size()),
      occupied_(date.seats.size()),
      left_by_category_(date.categories.size()),
      left_(date.seats.size()) {
  category_of_.reserve(date.seats.size());
  for (const Seat& seat : date.seats) {
    category_of_.push_back(seat.category);
    ++left_by_category_[seat.category];
  }
}

void SeatMap::Edit::take(std::size_t index, ReservationId by, TimePoint until) {
  seat_map_->taken_by_[index] = by;
  if (until == kNever) seat_map_->holds_.erase(index);
  else seat_map_->holds_[index] = until;
  show(index);
}

void SeatMap::Edit::release(std::size_t index, ReservationId by) {
  if (seat_map_->taken_by_[index] != by) return;
  seat_map_->taken_by_[index] = {};
  seat_map_->holds_.erase(index);
  show(index);
}

void SeatMap::Edit::block(std::size_t index, bool blocked) {
  seat_map_->blocked_.set(index, blocked);
  show(index);
}

void SeatMap::Edit::show(std::size_t index) {
  const bool is_occupied = seat_map_->taken_by_[index] || seat_map_->blocked_.test(index);
  if (is_occupied == seat_map_->occupied_.test(index)) return;
  seat_map_->occupied_.set(index, is_occupied);
  seat_map_->left_by_category_[seat_map_->category_of_[index]] += is_occupied ? -1 : 1;
  if (is_occupied) seat_map_->left_.fetch_sub(1, std::memory_order_release);
  else seat_map_->left_.fetch_add(1, std::memory_order_release);
  seat_map_->version_.fetch_add(1, std::memory_order_release);
}

SeatBits SeatMap::occupied() const {
  const std::lock_guard lock(mutex_);
  return occupied_;
}

bool SeatMap::is_occupied(std::size_t index) const {
  const std::lock_guard lock(mutex_);
  return occupied_.test(index);
}

TimePoint SeatMap::free_from_locked(std::size_t index) const {
  if (!occupied_.test(index)) return TimePoint::min();
  const auto hold = holds_.find(index);
  return hold == holds_.end() || blocked_.test(index) ? kNever : hold->second;
}

TimePoint SeatMap::free_from(std::size_t index) const {
  const std::lock_guard lock(mutex_);
  return free_from_locked(index);
}

std::vector<TimePoint> SeatMap::free_from() const {
  std::vector<TimePoint> all(taken_by_.size());
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = free_from_locked(i);
  return all;
}

std::string SeatMap::states() const {
  std::string states(taken_by_.size(), '.');
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (occupied_.test(i)) states[i] = blocked_.test(i) ? 'b' : 's';
  }
  for (const auto& [index, until] : holds_) {
    if (!blocked_.test(index)) states[index] = 'h';
  }
  return states;
}

std::vector<std::int64_t> SeatMap::left_by_category() const {
  const std::lock_guard lock(mutex_);
  return left_by_category_;
}

}  // namespace stagedoor::catalogue
