#include "modules/queue/waiting_set.h"

#include <algorithm>
#include <bit>

#include "core/ensure.h"

namespace stagedoor::queue {
namespace {

std::size_t word_of(Place number) { return (number - 1) / 64; }
std::uint64_t bit_of(Place number) { return 1ULL << ((number - 1) % 64); }
std::size_t low_bit(std::size_t node) { return node & (~node + 1); }

}  // namespace

void WaitingSet::append(bool waits) {
  if (size_ % 64 == 0) {
    const std::size_t node = bits_.size() + 1;
    // A new Fenwick node covers the blocks of its lowest bit; all but the last of them exist already.
    tree_.push_back(blocks_sum(node - 1) - blocks_sum(node - low_bit(node)));
    bits_.push_back(0);
  }
  ++size_;
  if (waits) insert(size_);
}

void WaitingSet::insert(Place number) {
  ensure(number >= 1 && number <= size_, "the number is in the set of people");
  if (contains(number)) return;
  bits_[word_of(number)] |= bit_of(number);
  add(word_of(number), 1);
  first_block_ = std::min(first_block_, word_of(number));
}

void WaitingSet::remove(Place number) {
  if (!contains(number)) return;
  bits_[word_of(number)] &= ~bit_of(number);
  add(word_of(number), ~0U);
}

void WaitingSet::add(std::size_t block, std::uint32_t difference) {
  for (std::size_t node = block + 1; node <= tree_.size(); node += low_bit(node))
    tree_[node - 1] += difference;
  count_ += difference;
}

void WaitingSet::sum_up() {
  tree_.assign(bits_.size(), 0);
  count_ = 0;
  for (std::size_t node = 1; node <= tree_.size(); ++node) {
    const auto here = static_cast<std::uint32_t>(std::popcount(bits_[node - 1]));
    count_ += here;
    tree_[node - 1] += here;
    if (const std::size_t above = node + low_bit(node); above <= tree_.size())
      tree_[above - 1] += tree_[node - 1];
  }
}

bool WaitingSet::contains(Place number) const {
  return number >= 1 && number <= size_ && (bits_[word_of(number)] & bit_of(number)) != 0;
}

std::uint32_t WaitingSet::blocks_sum(std::size_t blocks) const {
  std::uint32_t sum = 0;
  for (std::size_t node = blocks; node > 0; node &= node - 1) sum += tree_[node - 1];
  return sum;
}

std::uint32_t WaitingSet::count_before(Place number) const {
  if (number > size_) return count_;
  const std::uint64_t before_in_block = bits_[word_of(number)] & (bit_of(number) - 1);
  return blocks_sum(word_of(number)) + static_cast<std::uint32_t>(std::popcount(before_in_block));
}

Place WaitingSet::next_after(Place number) const {
  if (count_ == 0) return 0;
  while (first_block_ < bits_.size() && bits_[first_block_] == 0) ++first_block_;
  std::size_t block = number / 64;
  std::uint64_t rest = block < bits_.size() ? bits_[block] & (~0ULL << (number % 64)) : 0;
  if (block < first_block_) {
    block = first_block_;
    rest = bits_[block];
  }
  while (rest == 0) {
    if (++block >= bits_.size()) return 0;
    rest = bits_[block];
  }
  return static_cast<Place>(block * 64 + static_cast<std::size_t>(std::countr_zero(rest)) + 1);
}

void SideLine::append(Place place) {
  places_.push_back(place);
  set_.append(true);
  ensure(numbers_.try_emplace(place, set_.size()).second, "a place is in a line once");
}

void SideLine::remove(Place place) {
  const auto at = numbers_.find(place);
  if (at == numbers_.end()) return;
  set_.remove(at->second);
  numbers_.erase(at);
}

std::uint32_t SideLine::count_before(Place place) const { return set_.count_before(numbers_.at(place)); }

Place SideLine::next(Place& cursor) const {
  cursor = set_.next_after(cursor);
  return cursor == 0 ? 0 : places_[cursor - 1];
}

}  // namespace stagedoor::queue
