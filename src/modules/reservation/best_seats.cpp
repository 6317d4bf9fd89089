#include "modules/reservation/best_seats.h"

#include <algorithm>
#include <utility>

#include "core/ensure.h"
#include "state/seat_taker.h"

namespace stagedoor::reservation {
namespace {

// As SeatMap::free_from(), with the changes of the batch.
TimePoint free_from(const View& view, SeatId seat) {
  const SeatState* state = view.seats.find(seat);
  if (state && state->blocked) return kNever;
  const Reservation* taker = taker_of(view, seat);
  if (!taker) return TimePoint::min();
  return taker->is_unpaid() ? taker->expires_at : kNever;
}

}  // namespace

FreeSeats& BestSeats::of(const EventDate& date, const View& view, TimePoint now) {
  follow(view);
  const auto found = kept_.find(date.first_seat);
  if (found != kept_.end()) {
    found->second->asked_at = now;
    return found->second->seats;
  }
  Kept& kept = make(date, now);
  for (const SeatId seat : view.changed_seats)
    if (kept.has(seat)) apply(seat, view, kept);
  return kept.seats;
}

BestSeats::Kept& BestSeats::make(const EventDate& date, TimePoint now) {
  make_room(date.seats.size());
  auto seat_map = seat_map_of_(date.id);
  ensure(seat_map != nullptr, "a date of the catalogue has a seat map");
  FreeSeats seats(date, seat_map->free_from());
  auto kept = std::make_unique<Kept>(Kept{std::move(seat_map), date.first_seat, now, std::move(seats)});
  return *(kept_[date.first_seat] = std::move(kept));
}

void BestSeats::make_room(std::size_t seats) {
  seats = std::max(seats, kSeatsMin);
  for (const auto& [first, kept] : kept_) seats += kept->cost();
  while (seats > kSeatsMax && !kept_.empty()) {
    const auto oldest = std::ranges::min_element(
        kept_, {}, [](const auto& one) { return std::pair(one.second->asked_at, one.first); });
    seats -= oldest->second->cost();
    kept_.erase(oldest);
  }
}

void BestSeats::follow(const View& view) {
  if (batch_ != view.batches_ended) {
    take_back();
    batch_ = view.batches_ended;
    applied_ = 0;
  }
  for (; applied_ < view.changed_seats.size(); ++applied_) {
    const SeatId seat = view.changed_seats[applied_];
    if (Kept* kept = find(seat)) apply(seat, view, *kept);
  }
}

void BestSeats::apply(SeatId seat, const View& view, Kept& kept) {
  kept.seats.set(kept.index_of(seat), free_from(view, seat));
  uncommitted_.push_back(seat);
}

void BestSeats::refresh(SeatId seat) {
  Kept* kept = find(seat);
  if (!kept) return;
  const std::size_t index = kept->index_of(seat);
  kept->seats.set(index, kept->seat_map->free_from(index));
}

void BestSeats::take_back() {
  for (const SeatId seat : uncommitted_) refresh(seat);
  uncommitted_.clear();
}

// The seat maps have the batch by now.
void BestSeats::on_commit(const Batch& batch) {
  if (kept_.empty()) return;
  drop_unasked(batch.now);
  take_back();
  for (const auto& write : batch.reservations.rows()) refresh(write.row.seat);
  for (const auto& write : batch.blocks.rows()) refresh(write.row.seat);
}

void BestSeats::drop_unasked(TimePoint now) {
  if (now < looked_at_ + kKept / 10) return;
  looked_at_ = now;
  absl::erase_if(kept_, [&](const auto& one) { return one.second->asked_at + kKept < now; });
}

BestSeats::Kept* BestSeats::find(SeatId seat) {
  auto at = kept_.upper_bound(seat);
  if (at == kept_.begin()) return nullptr;
  Kept& kept = *(--at)->second;
  return kept.has(seat) ? &kept : nullptr;
}

}  // namespace stagedoor::reservation
