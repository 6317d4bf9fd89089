#include "modules/catalog/board.h"

namespace stagedoor::catalog {

void Board::Edit::take(std::size_t index, ReservationId by) {
  board_->taken_by_[index] = by;
  show(index);
}

void Board::Edit::release(std::size_t index, ReservationId by) {
  if (board_->taken_by_[index] != by) return;
  board_->taken_by_[index] = {};
  show(index);
}

void Board::Edit::block(std::size_t index, bool blocked) {
  board_->blocked_.set(index, blocked);
  show(index);
}

void Board::Edit::show(std::size_t index) {
  const bool is_occupied = board_->taken_by_[index] || board_->blocked_.test(index);
  if (is_occupied == board_->occupied_.test(index)) return;
  board_->occupied_.set(index, is_occupied);
  if (is_occupied) board_->left_.fetch_sub(1, std::memory_order_release);
  else board_->left_.fetch_add(1, std::memory_order_release);
  board_->version_.fetch_add(1, std::memory_order_release);
}

SeatBits Board::occupied() const {
  const std::lock_guard lock(mutex_);
  return occupied_;
}

}  // namespace stagedoor::catalog
