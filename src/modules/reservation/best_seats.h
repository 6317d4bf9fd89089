// The free seats of the dates whose best seats are asked for, as of the command that the lane decides. Made
// from the read model when they are first asked for, dropped when nobody asks any more, and kept in step
// meanwhile: with the commands of the batch through the View, with the committed truth through the read
// model.
#pragma once

#include <absl/container/btree_map.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "engine/lane.h"
#include "modules/catalogue/seat_map.h"
#include "modules/reservation/free_seats.h"

namespace stagedoor::reservation {

// Lane thread. An observer after the one that changes the seat maps.
class BestSeats final : public CommitObserver {
 public:
  // Maximum of the seats of all kept dates, about 30 MB; a date counts as kSeatsMin or more. One date is
  // always kept.
  static constexpr std::size_t kSeatsMax = 1'000'000;
  static constexpr std::size_t kSeatsMin = 1'000;
  static constexpr Millis kKept{60'000};  // after they were last asked for

  using SeatMapOf = std::function<std::shared_ptr<const catalogue::SeatMap>(DateId)>;

  // The seat map of an existing date that is not deleted.
  explicit BestSeats(SeatMapOf seat_map_of) : seat_map_of_(std::move(seat_map_of)) {}

  // The seats of an existing date, with the changes of this batch's commands so far. Valid until the next
  // call.
  FreeSeats& of(const EventDate& date, const View& view, TimePoint now);

  void on_commit(const Batch& batch) override;

  std::size_t dates_kept() const { return kept_.size(); }

 private:
  struct Kept {
    std::shared_ptr<const catalogue::SeatMap> seat_map;
    SeatId first_seat;
    TimePoint asked_at;
    FreeSeats seats;

    bool has(SeatId seat) const {
      return seat >= first_seat && seat.value < first_seat.value + std::int64_t(seats.size());
    }
    std::size_t cost() const { return std::max(seats.size(), kSeatsMin); }
    std::size_t index_of(SeatId seat) const { return std::size_t(seat.value - first_seat.value); }
  };

  Kept* find(SeatId seat);
  Kept& make(const EventDate& date, TimePoint now);
  void make_room(std::size_t seats);
  void drop_unasked(TimePoint now);
  // Applies what the batch has changed since the last call; a batch that failed is taken back first.
  void follow(const View& view);
  void apply(SeatId seat, const View& view, Kept& kept);
  // Back to the committed truth.
  void refresh(SeatId seat);
  void take_back();

  const SeatMapOf seat_map_of_;
  absl::btree_map<SeatId, std::unique_ptr<Kept>> kept_;  // by first_seat
  TimePoint looked_at_{};                                // for those that nobody asks for any more
  std::vector<SeatId> uncommitted_;                      // seats that differ from the read model
  std::uint64_t batch_ = 0;                              // View::batches_ended
  std::size_t applied_ = 0;                              // of View::changed_seats
};

}  // namespace stagedoor::reservation
