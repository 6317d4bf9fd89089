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

void SeatMap::Edit::take(std::size_t index, ReservationId by) {
  seat_map_->taken_by_[index] = by;
  show(index);
}

void SeatMap::Edit::release(std::size_t index, ReservationId by) {
  if (seat_map_->taken_by_[index] != by) return;
  seat_map_->taken_by_[index] = {};
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

std::vector<std::int64_t> SeatMap::left_by_category() const {
  const std::lock_guard lock(mutex_);
  return left_by_category_;
}

}  // namespace stagedoor::catalogue
