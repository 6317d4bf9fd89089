// The live seats of one date: the reservation of each seat, the ends of the unpaid holds, the blocked seats,
// the number of free seats.
// Changed by the lane after each commit, read by any thread.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <atomic>
#include <bit>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "state/catalogue.h"

namespace stagedoor::catalogue {

// The occupied seats of a date, by index.
class SeatBits {
 public:
  explicit SeatBits(std::size_t seats) : words_((seats + 63) / 64) {}
  bool test(std::size_t index) const { return (words_[index / 64] >> (index % 64) & 1) != 0; }
  void set(std::size_t index, bool on) {
    const std::uint64_t bit = std::uint64_t{1} << (index % 64);
    if (on) words_[index / 64] |= bit;
    else words_[index / 64] &= ~bit;
  }

  // Of the seats 64 * index, 64 * index + 1, …, from the lowest bit on.
  std::uint64_t word(std::size_t index) const { return words_[index]; }

  // All of them, to be compared.
  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(words_.data()), words_.size() * sizeof(words_[0])};
  }

  // Calls each(index) for every seat that differs from `before`, which must be of the same date.
  template <class Each>
  void each_changed(const SeatBits& before, const Each& each) const {
    for (std::size_t word = 0; word < words_.size(); ++word) {
      for (std::uint64_t bits = words_[word] ^ before.words_[word]; bits != 0; bits &= bits - 1) {
        each(word * 64 + std::size_t(std::countr_zero(bits)));
      }
    }
  }

 private:
  std::vector<std::uint64_t> words_;
};

class SeatMap {
 public:
  explicit SeatMap(const EventDate& date);

  // While it lives, readers see none of its changes. Keep it short-lived.
  class Edit {
   public:
    explicit Edit(SeatMap& seat_map) : seat_map_(&seat_map), lock_(seat_map.mutex_) {}
    // `until`: the end of the hold; kNever: it is paid.
    void take(std::size_t index, ReservationId by, TimePoint until);
    // Frees the seat if `by` takes it.
    void release(std::size_t index, ReservationId by);
    void block(std::size_t index, bool blocked);

   private:
    void show(std::size_t index);

    SeatMap* seat_map_;
    std::unique_lock<std::mutex> lock_;
  };

  // Rises after every edit: seats read after the version are at least as new.
  const std::atomic<std::uint64_t>& version() const { return version_; }
  std::size_t left() const { return left_.load(std::memory_order_acquire); }
  SeatBits occupied() const;
  bool is_occupied(std::size_t index) const;
  // From when on each seat can be held (R-S4): TimePoint::min() if nobody has it, the end of its hold, kNever
  // if it is sold or blocked.
  TimePoint free_from(std::size_t index) const;
  std::vector<TimePoint> free_from() const;
  // What each seat is, for operators: '.' free, 'h' held, 's' sold, 'b' blocked for the house. An expired
  // hold is held until it is swept.
  std::string states() const;
  // Free seats by index into EventDate::categories.
  std::vector<std::int64_t> left_by_category() const;

 private:
  TimePoint free_from_locked(std::size_t index) const;

  mutable std::mutex mutex_;  // held for edits and for copying bits, never while rendering
  std::vector<ReservationId> taken_by_;
  absl::flat_hash_map<std::size_t, TimePoint> holds_;  // the ends of the unpaid ones, by seat
  SeatBits blocked_;
  SeatBits occupied_;  // taken or blocked
  std::vector<std::uint16_t> category_of_;
  std::vector<std::int64_t> left_by_category_;
  std::atomic<std::size_t> left_;
  std::atomic<std::uint64_t> version_{1};
};

}  // namespace stagedoor::catalogue
