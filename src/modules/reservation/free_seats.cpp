#include "modules/reservation/free_seats.h"

#include <algorithm>
#include <bit>
#include <iterator>

#include "modules/catalogue/layout.h"

namespace stagedoor::reservation {
namespace {

constexpr std::size_t kBits = 64;

}  // namespace

FreeSeats::FreeSeats(const EventDate& date, std::vector<TimePoint> free_from)
    : free_from_(std::move(free_from)) {
  add_rows(date);
  for (const Row& row : rows_) {
    for (std::uint32_t at = 0; at < row.seats; ++at) {
      const TimePoint from = free_from_[row.first + at];
      if (from == TimePoint::min()) words_[row.word + at / kBits] |= std::uint64_t{1} << (at % kBits);
      else if (from != kNever) ends_.emplace(from, row.first + at);
    }
  }
}

// The seats stand in the layout's order: by section, row, number in the row. Without sections they are in the
// rows in which everybody sees them.
void FreeSeats::add_rows(const EventDate& date) {
  const std::int32_t width = catalogue::drawn_width(std::int32_t(date.seats.size()));
  const auto number_in_row = [&](const Seat& seat) {
    return seat.row > 0 ? seat.number_in_row : (seat.number - 1) % width + 1;
  };
  const Seat* last = nullptr;
  std::uint32_t words = 0;
  for (const Seat& seat : date.seats) {
    const bool same_section = last && seat.section == last->section;
    const std::int32_t number = number_in_row(seat);
    const bool same_row = same_section && seat.row == last->row && number > number_in_row(*last);
    if (!same_section) sections_.push_back({.first_row = rows_.size()});
    if (!same_row || seat.category != last->category || number != number_in_row(*last) + 1) {
      const std::uint32_t depth = !same_section ? 0 : rows_.back().depth + (same_row ? 0 : 1);
      if (!rows_.empty()) words += std::uint32_t((rows_.back().seats + kBits - 1) / kBits);
      rows_.push_back({.first = std::uint32_t(&seat - date.seats.data()),
                       .word = words,
                       .before = std::uint32_t(number - 1),
                       .depth = depth,
                       .category = seat.category});
      ++sections_.back().rows;
    }
    ++rows_.back().seats;
    if (rows_.back().depth == 0) sections_.back().front_seats = std::uint32_t(number);
    last = &seat;
  }
  if (!rows_.empty()) words += std::uint32_t((rows_.back().seats + kBits - 1) / kBits);
  words_.resize(words);
}

FreeSeats::Row& FreeSeats::row_of(std::size_t index) {
  return *std::prev(std::ranges::upper_bound(rows_, index, {}, [](const Row& row) { return row.first; }));
}

void FreeSeats::show(std::size_t index, bool is_free) {
  Row& row = row_of(index);
  const std::size_t at = index - row.first;
  const std::uint64_t bit = std::uint64_t{1} << (at % kBits);
  std::uint64_t& word = words_[row.word + at / kBits];
  if (((word & bit) != 0) == is_free) return;
  word ^= bit;
  row.longest_run = kUnknown;
}

void FreeSeats::set(std::size_t index, TimePoint free_from) {
  TimePoint& before = free_from_[index];
  if (before == free_from) return;
  ends_.erase(std::pair(before, std::uint32_t(index)));
  before = free_from;
  const bool is_free = free_from <= now_;
  if (!is_free && free_from != kNever) ends_.emplace(free_from, std::uint32_t(index));
  show(index, is_free);
}

void FreeSeats::pass(TimePoint now) {
  now_ = std::max(now_, now);
  while (!ends_.empty() && ends_.begin()->first <= now_) {
    show(ends_.begin()->second, true);
    ends_.erase(ends_.begin());
  }
}

std::size_t FreeSeats::next(const Row& row, std::size_t from, bool is_free) const {
  for (std::size_t at = from; at < row.seats; at = (at / kBits + 1) * kBits) {
    const std::uint64_t word = words_[row.word + at / kBits];
    const std::uint64_t rest = (is_free ? word : ~word) >> (at % kBits);
    if (rest != 0) return std::min<std::size_t>(row.seats, at + std::size_t(std::countr_zero(rest)));
  }
  return row.seats;
}

template <class Each>
void FreeSeats::each_part(const Row& row, Indices without, const Each& each) const {
  auto excluded = std::ranges::lower_bound(without, row.first);
  for (std::size_t begin = next(row, 0, true); begin < row.seats;) {
    const std::size_t end = next(row, begin, false);
    std::size_t from = begin;
    for (; excluded != without.end() && *excluded < row.first + end; ++excluded) {
      const std::size_t at = *excluded - row.first;
      if (at < from) continue;
      if (at > from) each(Part{from, at, begin, end});
      from = at + 1;
    }
    if (from < end) each(Part{from, end, begin, end});
    begin = next(row, end, true);
  }
}

std::size_t FreeSeats::longest_part(Row& row, Indices without) const {
  const auto excluded = std::ranges::lower_bound(without, row.first);
  const bool is_whole = excluded == without.end() || *excluded >= row.first + row.seats;
  if (is_whole && row.longest_run != kUnknown) return row.longest_run;
  std::size_t longest = 0;
  each_part(row, without, [&](const Part& part) { longest = std::max(longest, part.end - part.begin); });
  if (is_whole) row.longest_run = std::uint32_t(longest);
  return longest;
}

FreeSeats::Found FreeSeats::find(std::optional<std::uint16_t> category, std::size_t count, TimePoint now,
                                 Indices without) {
  pass(now);
  Found found;
  for (const Section& section : sections_) {
    Candidates best;
    search(section, category, count, without, best, found.largest);
    if (best.tidy) return {best.tidy->first, count};
    if (best.other && !found.first) found.first = best.other->first;
  }
  return found;
}

void FreeSeats::search(const Section& section, std::optional<std::uint16_t> category, std::size_t count,
                       Indices without, Candidates& best, std::size_t& largest) {
  for (std::size_t i = 0; i < section.rows; ++i) {
    Row& row = rows_[section.first_row + i];
    if (category && row.category != *category) continue;
    const std::size_t longest = longest_part(row, without);
    largest = std::max(largest, longest);
    if (longest < count) continue;
    // Nothing in this row or behind it is nearer.
    const std::int64_t depth = 2 * std::int64_t(row.depth);
    if (best.tidy && best.tidy->distance <= depth * depth) return;
    search(row, section.front_seats, count, without, best);
  }
}

void FreeSeats::search(const Row& row, std::size_t front_seats, std::size_t count, Indices without,
                       Candidates& best) const {
  // All lengths are doubled, because a middle may be between two seats.
  const auto side_of = [&](std::int64_t at) {
    return 2 * (std::int64_t(row.before) + at) + std::int64_t(count) - std::int64_t(front_seats);
  };
  const auto offer = [&](std::optional<Candidate>& best_of, std::int64_t at) {
    const std::int64_t side = side_of(at);
    const std::int64_t depth = 2 * std::int64_t(row.depth);
    const std::int64_t distance = side * side + depth * depth;
    if (!best_of || distance < best_of->distance) best_of = {distance, row.first + std::size_t(at)};
  };
  each_part(row, without, [&](const Part& part) {
    if (part.end - part.begin < count) return;
    const auto first = std::int64_t(part.begin), last = std::int64_t(part.end - count);
    // Where side_of() is 0, or 1 left of it; then into the part. What leaves a single seat is only the second
    // position of the run and the last but one, so the nearest of the others is at most two away.
    const auto second = std::int64_t(part.run_begin) + 1;
    const auto last_but_one = std::int64_t(part.run_end) - std::int64_t(count) - 1;
    const std::int64_t middle =
        ((std::int64_t(front_seats) - std::int64_t(count)) >> 1) - std::int64_t(row.before);
    const std::int64_t nearest = std::clamp(middle, first, last);
    offer(best.other, nearest);
    for (std::int64_t at = std::max(first, nearest - 2); at <= std::min(last, nearest + 2); ++at)
      if (at != second && at != last_but_one) offer(best.tidy, at);
  });
}

}  // namespace stagedoor::reservation
