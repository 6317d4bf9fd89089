// A set of people by their number in a line, with the count of people before a number.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <vector>

#include "core/ids.h"

namespace stagedoor::queue {

// Numbers 1 … size(), each in the set or not: bits in blocks of 64, and a Fenwick tree (Fenwick 1994) over
// the blocks' counts. All operations except growth are O(log N). Needs 1.5 bits per number.
class WaitingSet {
 public:
  WaitingSet() = default;
  // Numbers 1 … size; a number is in the set if `contains` returns true. O(N).
  template <class Contains>
  WaitingSet(std::uint32_t size, const Contains& contains);

  void append(bool waits);  // the next number
  void insert(Place number);
  void remove(Place number);  // no effect if it is not in the set
  bool contains(Place number) const;
  std::uint32_t size() const { return size_; }
  std::uint32_t count() const { return count_; }
  std::uint32_t count_before(Place number) const;
  // The first one after `number`; 0 if there is none.
  Place next_after(Place number) const;

 private:
  std::uint32_t blocks_sum(std::size_t blocks) const;
  void add(std::size_t block, std::uint32_t difference);
  void sum_up();  // builds the tree from the bits

  std::vector<std::uint64_t> bits_;
  std::vector<std::uint32_t>
      tree_;  // Fenwick, 1-based: tree_[i - 1] sums the counts of the blocks (i - lowbit(i), i]
  std::uint32_t size_ = 0;
  std::uint32_t count_ = 0;
  mutable std::size_t first_block_ = 0;  // all blocks before it are empty
};

// Places in the order in which they were appended, independent of their numbers.
class SideLine {
 public:
  void append(Place place);  // must not be in the set
  void remove(Place place);  // no effect if it is not in the set
  bool contains(Place place) const { return numbers_.contains(place); }
  std::uint32_t count() const { return set_.count(); }
  std::uint32_t count_before(Place place) const;  // requires contains(place)
  // The next place after `cursor`, which moves to it; 0 if there is none. Start with 0.
  Place next(Place& cursor) const;

 private:
  WaitingSet set_;
  std::vector<Place> places_;                  // by number
  absl::flat_hash_map<Place, Place> numbers_;  // of the places in the set
};

template <class Contains>
WaitingSet::WaitingSet(std::uint32_t size, const Contains& contains) : bits_((size + 63) / 64), size_(size) {
  for (Place number = 1; number <= size; ++number)
    if (contains(number)) bits_[(number - 1) / 64] |= 1ULL << ((number - 1) % 64);
  sum_up();
}

}  // namespace stagedoor::queue
