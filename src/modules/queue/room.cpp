#include "modules/queue/room.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/ensure.h"

namespace stagedoor {
namespace {

constexpr Millis kStampsKept{3'600'000};  // an interval's `every` is not longer
constexpr Millis kMeasured{60'000};
constexpr Millis kMeasuredLeast{2000};
constexpr Millis kRatesKept{250};
constexpr int kParts = 6;

bool limits_interval(const QueuePolicy& policy) { return policy.admission != Admission::capacity; }
bool limits_capacity(const QueuePolicy& policy) { return policy.admission != Admission::interval; }

// At most `people` stamps in any window of this length, both ends included.
struct Limit {
  std::int64_t people;
  Millis window;
};

// The hard limit of an interval, and with `spread` a second one that makes it even: a tenth of the people in
// any tenth of the time, or single people evenly when they are fewer than ten.
std::vector<Limit> interval_limits(const QueuePolicy& policy) {
  if (!limits_interval(policy)) return {};
  std::vector<Limit> limits = {{policy.people, policy.every}};
  const std::int64_t parts = std::min<std::int64_t>(policy.people, 10);
  if (policy.spread)
    limits.push_back({(policy.people + parts - 1) / parts, Millis(policy.every.count() / parts - 1)});
  return limits;
}

double allowed_per_second(const QueuePolicy& policy) {
  const double by_interval = 1000.0 * double(policy.people) / double(policy.every.count());
  const double by_capacity = 1000.0 * double(policy.capacity) / double(policy.active_ttl.count());
  if (!limits_capacity(policy)) return by_interval;
  if (!limits_interval(policy)) return by_capacity;
  return std::min(by_interval, by_capacity);
}

std::optional<std::int64_t> seconds_for(std::uint32_t people, double per_second) {
  if (per_second <= 0) return std::nullopt;
  return static_cast<std::int64_t>(std::ceil(people / per_second));
}

}  // namespace

void WaitingSet::append(bool waits) {
  const std::size_t block = size_ / 64;
  if (size_ % 64 == 0) {
    bits_.push_back(0);
    // A new Fenwick node covers the blocks of its lowest bit; all but the last of them exist already.
    const std::size_t node = block + 1;
    const std::size_t covered_from = node - (node & (~node + 1));
    tree_.push_back(blocks_sum(block) - blocks_sum(covered_from));
  }
  ++size_;
  if (!waits) return;
  bits_[block] |= 1ULL << ((size_ - 1) % 64);
  for (std::size_t node = block + 1; node <= tree_.size(); node += node & (~node + 1)) ++tree_[node - 1];
  ++count_;
}

void WaitingSet::remove(Place place) {
  if (!contains(place)) return;
  const std::size_t block = (place - 1) / 64;
  bits_[block] &= ~(1ULL << ((place - 1) % 64));
  for (std::size_t node = block + 1; node <= tree_.size(); node += node & (~node + 1)) --tree_[node - 1];
  --count_;
}

bool WaitingSet::contains(Place place) const {
  return place >= 1 && place <= size_ && (bits_[(place - 1) / 64] >> ((place - 1) % 64) & 1) != 0;
}

std::uint32_t WaitingSet::blocks_sum(std::size_t blocks) const {
  std::uint32_t sum = 0;
  for (std::size_t node = blocks; node > 0; node &= node - 1) sum += tree_[node - 1];
  return sum;
}

std::uint32_t WaitingSet::count_before(Place place) const {
  if (place > size_) return count_;
  const std::size_t block = (place - 1) / 64;
  const std::uint64_t before_in_block = bits_[block] & ((1ULL << ((place - 1) % 64)) - 1);
  return blocks_sum(block) + static_cast<std::uint32_t>(std::popcount(before_in_block));
}

Place WaitingSet::next_after(Place place) const {
  if (count_ == 0) return 0;
  while (first_block_ < bits_.size() && bits_[first_block_] == 0) ++first_block_;
  std::size_t block = place / 64;
  std::uint64_t rest = block < bits_.size() ? bits_[block] & (~0ULL << (place % 64)) : 0;
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

void Room::joined(Place place, const UserId& user, TimePoint at) {
  ensure(place == last_place() + 1, "places are given in order");
  people_.push_back({user, at});
  newest_place_.erase(user);
  newest_place_.insert(place);
  if (waiting_.count() == 0) busy_since_ = at;
  waiting_.append(true);
}

void Room::left(Place place, TimePoint at) {
  waiting_.remove(place);
  person(place).ends_at = at;
}

void Room::visit(Place place, TimePoint activated_at, TimePoint expires_at) {
  Person& visitor = person(place);
  if (visitor.activated_at == kNever) {
    waiting_.remove(place);
    visitor.activated_at = activated_at;
    auto at = stamps_.end();
    while (at != stamps_.begin() && std::prev(at)->at > activated_at) --at;
    if (at != stamps_.begin() && std::prev(at)->at == activated_at) ++std::prev(at)->count;
    else stamps_.insert(at, {activated_at, 1});
    while (stamps_.front().at < stamps_.back().at - kStampsKept) stamps_.pop_front();
    while (!ends_.empty() && ends_.begin()->first <= activated_at) ends_.erase(ends_.begin());
  } else {
    ends_.erase({visitor.ends_at, place});
  }
  visitor.ends_at = expires_at;
  ends_.emplace(expires_at, place);
}

std::optional<Place> Room::place_of(const UserId& user, TimePoint now) const {
  const auto at = newest_place_.find(user);
  if (at == newest_place_.end() || person(*at).ends_at <= now) return std::nullopt;
  return *at;
}

const UserId* Room::owner(Place place) const {
  return place >= 1 && place <= last_place() ? &person(place).user : nullptr;
}

Standing Room::standing(Place place, TimePoint now) const {
  Standing standing;
  if (!owner(place)) {  // an authentic token of a place not heard of yet waits behind everybody (R-Q6)
    standing.position = waiting_.count();
    return standing;
  }
  const Person& one = person(place);
  standing.joined_at = one.joined_at;
  if (one.activated_at != kNever) standing.activated_at = one.activated_at;
  if (one.ends_at != kNever) standing.expires_at = one.ends_at;
  if (one.ends_at <= now) standing.status = QueueStatus::EXPIRED;
  else if (standing.activated_at) standing.status = QueueStatus::ACTIVATED;
  else standing.position = waiting_.count_before(place);
  return standing;
}

std::size_t Room::active(TimePoint now) const {
  std::size_t over = 0;
  for (auto at = ends_.begin(); at != ends_.end() && at->first <= now; ++at) ++over;
  return ends_.size() - over;
}

std::size_t Room::stamps_within(TimePoint from, TimePoint to) const {
  std::size_t sum = 0;
  for (auto at = stamps_.rbegin(); at != stamps_.rend() && at->at >= from; ++at) {
    if (at->at <= to) sum += at->count;
  }
  return sum;
}

std::vector<Place> Room::admissible(const QueuePolicy& policy, TimePoint now) const {
  auto allowed = static_cast<std::int64_t>(std::min<std::size_t>(waiting_.count(), kAdmitAtOnce));
  for (const Limit& limit : interval_limits(policy)) {
    allowed =
        std::min(allowed, limit.people - static_cast<std::int64_t>(stamps_within(now - limit.window, now)));
  }
  if (limits_capacity(policy))
    allowed = std::min(allowed, policy.capacity - static_cast<std::int64_t>(active(now)));
  std::vector<Place> places;
  for (Place place = 0; static_cast<std::int64_t>(places.size()) < allowed;) {
    place = waiting_.next_after(place);
    places.push_back(place);
  }
  return places;
}

TimePoint Room::next_admission(const QueuePolicy& policy, TimePoint now) const {
  if (waiting_.count() == 0) return kNever;
  TimePoint next = now;
  for (const Limit& limit : interval_limits(policy)) {
    auto used = static_cast<std::int64_t>(stamps_within(now - limit.window, now));
    for (auto at = stamps_.begin(); used >= limit.people && at != stamps_.end(); ++at) {
      if (at->at < now - limit.window) continue;
      next = std::max(next, at->at + limit.window + Millis(1));
      used -= at->count;
    }
  }
  if (limits_capacity(policy)) {
    if (policy.capacity <= 0) return kNever;
    auto inside = static_cast<std::int64_t>(active(now));
    for (auto at = ends_.begin(); inside >= policy.capacity && at != ends_.end(); ++at) {
      if (at->first <= now) continue;
      next = std::max(next, at->first);
      --inside;
    }
  }
  return next;
}

const Room::Rates& Room::rates(const QueuePolicy& policy, TimePoint now) const {
  if (now - rates_.at < kRatesKept && rates_.at <= now) return rates_;
  rates_ = {};
  rates_.at = now;
  const TimePoint since = std::max(busy_since_ == kNever ? now : busy_since_, now - kMeasured);
  const Millis span = now - since;
  const double seconds = double(span.count()) / 1000;
  const auto admitted = double(stamps_within(since, now));
  rates_.is_measured =
      admitted > 0 && span >= kMeasuredLeast && (!limits_interval(policy) || span >= policy.every);
  if (!rates_.is_measured) return rates_;
  rates_.mean = admitted / seconds;
  rates_.has_band = span >= kMeasured;
  rates_.slowest = rates_.mean;
  for (int part = 0; rates_.has_band && part < kParts; ++part) {
    const TimePoint from = since + kMeasured / kParts * part;
    const double rate = double(stamps_within(from, from + kMeasured / kParts - Millis(1))) * kParts / seconds;
    rates_.slowest = std::min(rates_.slowest, rate);
    rates_.fastest = std::max(rates_.fastest, rate);
  }
  return rates_;
}

Estimate Room::estimate(std::uint32_t position, const QueuePolicy& policy, TimePoint now) const {
  const Rates& measured = rates(policy, now);
  if (!measured.is_measured) {
    return {seconds_for(position, allowed_per_second(policy)), {}, {}, limits_capacity(policy)};
  }
  Estimate estimate{seconds_for(position, measured.mean), {}, {}};
  if (!measured.has_band) return estimate;
  estimate.low = seconds_for(position, measured.fastest);
  estimate.high = seconds_for(position, measured.slowest);
  return estimate;
}

bool Room::may_poll(Place place, TimePoint now, Millis advised) {
  if (!owner(place)) return true;
  Person& asking = person(place);
  const auto gained = float((now - asking.polled_at).count()) / std::max(1.0F, float(advised.count()) / 2);
  const float left = std::min(kPollBurst, asking.polls_left + gained);
  if (left < 1) return false;
  asking.polls_left = left - 1;
  asking.polled_at = now;
  return true;
}

}  // namespace stagedoor
