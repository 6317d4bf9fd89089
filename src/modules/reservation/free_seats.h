// The free seats of one date by rows, and which of them are the best side by side (R-S13). A bit for each
// seat, and for each row the length of its longest run of free seats, so that a search looks only into rows
// that have what it needs.
//
// A hold is over by rule when its time has come (R-S4), so the ends of the holds are kept, too: find() counts
// their seats as free from then on.
#pragma once

#include <absl/container/btree_set.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/time.h"
#include "state/catalogue.h"

namespace stagedoor::reservation {

// Lane thread.
class FreeSeats {
 public:
  // `free_from`: of each seat, as SeatMap::free_from() says it.
  FreeSeats(const EventDate& date, std::vector<TimePoint> free_from);

  std::size_t size() const { return free_from_.size(); }
  TimePoint free_from(std::size_t index) const { return free_from_[index]; }
  void set(std::size_t index, TimePoint free_from);

  using Indices = std::span<const std::size_t>;
  struct Found {
    std::optional<std::size_t> first;  // index of the first of the seats; nullopt: no row has so many
    std::size_t largest = 0;           // if it has not: the most side by side
  };
  // The best `count` free seats side by side in one row, of the category (index into EventDate::categories)
  // or of any. Preference: they leave no single free seat beside them; the first section; nearest the middle
  // of the section's front row, a row counted like a seat; the lowest id. `without`: free seats that must not
  // be among them, by rising index. `now` must not go back. O(rows).
  Found find(std::optional<std::uint16_t> category, std::size_t count, TimePoint now, Indices without = {});

 private:
  static constexpr std::uint32_t kUnknown = ~std::uint32_t{0};

  // Seats of one category side by side, which is what a layout has as a row.
  struct Row {
    std::uint32_t first = 0;  // index of its first seat
    std::uint32_t seats = 0;
    std::uint32_t word = 0;    // of its first seat in words_
    std::uint32_t before = 0;  // seats left of the first one
    std::uint32_t depth = 0;   // rows before it in its section
    std::uint32_t longest_run = kUnknown;
    std::uint16_t category = 0;
  };
  struct Section {
    std::size_t first_row = 0;
    std::size_t rows = 0;
    std::uint32_t front_seats = 0;  // of its front row
  };
  // Of the same section.
  struct Candidate {
    std::int64_t distance = 0;
    std::size_t first = 0;
  };
  struct Candidates {
    std::optional<Candidate> tidy;  // leaves no single free seat
    std::optional<Candidate> other;
  };

  void add_rows(const EventDate& date);
  Row& row_of(std::size_t index);
  void show(std::size_t index, bool is_free);
  // Holds that have ended until `now` are over.
  void pass(TimePoint now);
  // The first seat of the row at or after `from` that is free, or not free; row.seats if there is none.
  std::size_t next(const Row& row, std::size_t from, bool is_free) const;
  // A part of a run of free seats that has none of `without`.
  struct Part {
    std::size_t begin = 0, end = 0;  // of seats in the row
    std::size_t run_begin = 0, run_end = 0;
  };
  template <class Each>
  void each_part(const Row& row, Indices without, const Each& each) const;
  std::size_t longest_part(Row& row, Indices without) const;
  void search(const Section& section, std::optional<std::uint16_t> category, std::size_t count,
              Indices without, Candidates& best, std::size_t& largest);
  void search(const Row& row, std::size_t front_seats, std::size_t count, Indices without,
              Candidates& best) const;

  std::vector<TimePoint> free_from_;
  std::vector<std::uint64_t> words_;  // a bit for each free seat; each row begins a word
  std::vector<Row> rows_;             // by first
  std::vector<Section> sections_;
  absl::btree_set<std::pair<TimePoint, std::uint32_t>> ends_;  // of the holds that are not over
  TimePoint now_ = TimePoint::min();
};

}  // namespace stagedoor::reservation
