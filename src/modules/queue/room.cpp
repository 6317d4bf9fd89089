#include "modules/queue/room.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/ensure.h"

namespace stagedoor::queue {
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

// Ends that were stored before there were reasons have none.
EndReason reason_of(EarlyEnd end, bool was_inside) {
  if (end == EarlyEnd::paid) return EndReason::PAID;
  if (end == EarlyEnd::emptied) return EndReason::EMPTIED;
  return end == EarlyEnd::none && was_inside ? EndReason::TURN_OVER : EndReason::LEFT;
}

std::optional<std::int64_t> seconds_for(std::uint32_t people, double per_second) {
  if (per_second <= 0) return std::nullopt;
  return static_cast<std::int64_t>(std::ceil(people / per_second));
}

}  // namespace

void Room::append(const UserId& user, TimePoint at) {
  if (people_.empty()) epoch_ = at;
  people_.push_back({user, at});
  signs_.push_back({.seen = ticks(at), .polls = {.at = ticks(at)}});
  early_ends_.push_back(EarlyEnd::none);
}

void Room::joined_by_nobody_known(Place place, TimePoint at) {
  ensure(place == last_place() + 1, "places are assigned in order");
  append({}, at);
  if (line_.waiting() == 0) busy_since_ = at;
  line_.append(false);
  line_.vanish(place);
  unrecorded_.push_back(place);
}

std::vector<Place> Room::unrecorded(std::size_t at_most) const {
  const auto count = static_cast<std::ptrdiff_t>(std::min(at_most, unrecorded_.size()));
  return {unrecorded_.begin(), unrecorded_.begin() + count};
}

void Room::found(Place place, const UserId& user) {
  if (!is_owner_lost(place)) return;
  const auto newest = newest_place_.find(user);
  const Place other = newest == newest_place_.end() ? 0 : *newest;
  person(place).user = user;
  if (other > place) return;  // they joined again
  if (other != 0) {
    place_before_[place] = other;
    newest_place_.erase(newest);
  }
  newest_place_.insert(place);
  if (priority_users_.contains(user)) line_.prioritise(place);
}

void Room::joined(Place place, const UserId& user, TimePoint at) {
  ensure(place == last_place() + 1, "places are assigned in order");
  append(user, at);
  note_sign(at);
  if (const auto before = newest_place_.find(user); before != newest_place_.end()) {
    place_before_[place] = *before;
    newest_place_.erase(before);
  }
  newest_place_.insert(place);
  if (line_.waiting() == 0) busy_since_ = at;
  line_.append(priority_users_.contains(user));
}

void Room::left(Place place, TimePoint at, EarlyEnd by) {
  line_.leave(place);
  person(place).ends_at = at;
  early_ends_[place - 1] = by;
}

void Room::vanished(const PlaceBitmap& block) {
  each_place(block, [&](Place place) {
    if (owner(place) && !line_.has_vanished(place)) line_.vanish(place);
  });
  std::erase_if(unrecorded_, [&](Place place) { return block_of(place) == block.block; });
}

void Room::grant_priority(const UserId& user) {
  if (!priority_users_.insert(user).second) return;
  if (const auto at = newest_place_.find(user); at != newest_place_.end()) line_.prioritise(*at);
}

void Room::end_priority(const UserId& user) {
  if (priority_users_.erase(user) == 0) return;
  if (const auto at = newest_place_.find(user); at != newest_place_.end()) line_.end_priority(*at);
}

std::vector<UserId> Room::priority_users() const {
  std::vector<UserId> users(priority_users_.begin(), priority_users_.end());
  std::sort(users.begin(), users.end());
  return users;
}

Room::Ticks Room::ticks(TimePoint at) const {
  return at <= epoch_ ? 0 : static_cast<Ticks>((at - epoch_).count() / 10);
}

void Room::seen(Place place, TimePoint now) {
  if (!owner(place) || is_owner_lost(place)) return;
  signs_[place - 1].seen = ticks(now);
  line_.come_back(place);
  note_sign(now);
}

void Room::note_sign(TimePoint at) {
  if (newest_sign_ != TimePoint{}) longest_silence_ = std::max(longest_silence_, at - newest_sign_);
  newest_sign_ = std::max(newest_sign_, at);
}

void Room::everybody_seen(TimePoint now) {
  const Ticks at = ticks(now);
  for (Place place = 1; place <= last_place(); ++place) {
    if (is_owner_lost(place)) continue;
    signs_[place - 1].seen = at;
    line_.come_back(place);
  }
  newest_sign_ = now;
  longest_silence_ = Millis(0);
}

void Room::forgive(TimePoint now) {
  const Ticks at = ticks(now);
  for (Place place = 1; place <= last_place(); ++place)
    if (line_.is_present(place)) signs_[place - 1].seen = at;
}

// Fans are told to poll at least twice in `timeout`.
bool Room::was_silent(Millis timeout) { return std::exchange(longest_silence_, Millis(0)) > timeout * 3 / 5; }

void Room::seen(const PlaceBitmap& places, TimePoint now) {
  each_place(places, [&](Place place) { seen(place, now); });
}

bool Room::is_absent(Place place, Millis timeout, TimePoint now) const {
  if (timeout <= Millis(0)) return false;
  return ticks(now) - std::min(ticks(now), signs_[place - 1].seen) > Ticks(timeout.count() / 10);
}

std::vector<Place> Room::find_absent(Millis timeout, TimePoint now, std::size_t at_most) {
  std::vector<Place> absent;
  if (timeout <= Millis(0) || line_.present() == 0) return absent;
  const TimePoint heard_until = std::min(now, newest_sign_);
  std::size_t count = 0;
  for (Place place = 1; place <= last_place(); ++place) {
    if (!line_.is_present(place) || !is_absent(place, timeout, heard_until)) continue;
    if (absent.size() < at_most) absent.push_back(place);
    ++count;
  }
  if (count * 2 > line_.present() && now - forgiven_at_ >= timeout * kBurstsApart) {
    forgiven_at_ = now;
    forgive(now);
    return {};
  }
  std::erase_if(absent, [&](Place place) {
    if (!line_.has_vanished(place)) return false;
    line_.go_again(place);
    return true;
  });
  return absent;
}

Place Room::last_joined_before(TimePoint at) const {
  const auto first = std::partition_point(people_.begin(), people_.end(),
                                          [&](const Person& one) { return one.joined_at < at; });
  return static_cast<Place>(first - people_.begin());
}

void Room::visit(Place place, TimePoint activated_at, TimePoint expires_at, EarlyEnd ended_by) {
  Person& visitor = person(place);
  if (visitor.activated_at == kNever) {
    line_.admit(place);
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
  early_ends_[place - 1] = ended_by;
  ends_.emplace(expires_at, place);
}

std::optional<Place> Room::place_of(const UserId& user, TimePoint now) const {
  const auto at = newest_place_.find(user);
  if (at == newest_place_.end() || person(*at).ends_at <= now) return std::nullopt;
  return *at;
}

RecentPlaces Room::places_since(const UserId& user, TimePoint since, std::int64_t max) const {
  RecentPlaces recent;
  const auto newest = newest_place_.find(user);
  if (newest == newest_place_.end()) return recent;
  for (Place place = *newest; recent.count < max && person(place).joined_at >= since;) {
    ++recent.count;
    recent.oldest = person(place).joined_at;
    const auto before = place_before_.find(place);
    if (before == place_before_.end()) break;
    place = before->second;
  }
  return recent;
}

const UserId* Room::owner(Place place) const {
  return place >= 1 && place <= last_place() ? &person(place).user : nullptr;
}

Standing Room::standing(Place place, TimePoint now) const {
  Standing standing;
  // A valid token whose join is not synced yet (R-Q6) is ranked behind all known joins and all earlier
  // unsynced ones, so that the position does not grow when those are synced.
  if (!owner(place)) {
    const Place unsynced = std::max(place, last_place() + 1) - (last_place() + 1);
    standing.position = line_.position_at_end() + unsynced;
    if (line_.is_gathering()) standing.position.reset();
    return standing;
  }
  const Person& one = person(place);
  standing.joined_at = one.joined_at;
  if (one.activated_at != kNever) standing.activated_at = one.activated_at;
  if (one.ends_at != kNever) standing.expires_at = one.ends_at;
  if (one.ends_at <= now) {
    standing.status = QueueStatus::EXPIRED;
    standing.reason = reason_of(early_ends_[place - 1], standing.activated_at.has_value());
  } else if (standing.activated_at) {
    standing.status = QueueStatus::ACTIVATED;
  } else {
    standing.position = line_.position(place);
    if (standing.position) standing.behind = line_.present_behind(place);
  }
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
  auto allowed = static_cast<std::int64_t>(std::min<std::size_t>(line_.present(), kAdmitAtOnce));
  for (const Limit& limit : interval_limits(policy)) {
    allowed =
        std::min(allowed, limit.people - static_cast<std::int64_t>(stamps_within(now - limit.window, now)));
  }
  if (limits_capacity(policy))
    allowed = std::min(allowed, policy.capacity - static_cast<std::int64_t>(active(now)));
  if (allowed <= 0) return {};
  return line_.next(std::size_t(allowed), {policy.return_share, policy.priority_share},
                    [&](Place place) { return !is_absent(place, policy.presence_timeout, now); });
}

TimePoint Room::next_admission(const QueuePolicy& policy, TimePoint now) const {
  if (line_.present() == 0 || line_.is_gathering()) return kNever;
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
  rates_.last_minute = std::int64_t(stamps_within(now - kMeasured, now));
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

Estimate Room::estimate(std::uint32_t position, const QueuePolicy& policy, TimePoint now,
                        double share) const {
  const Rates& measured = rates(policy, now);
  if (!measured.is_measured) {
    return {seconds_for(position, share * allowed_per_second(policy)), {}, {}, limits_capacity(policy)};
  }
  Estimate estimate{seconds_for(position, share * measured.mean), {}, {}};
  if (!measured.has_band) return estimate;
  estimate.low = seconds_for(position, share * measured.fastest);
  estimate.high = seconds_for(position, share * measured.slowest);
  return estimate;
}

Estimate Room::expected_wait(Place place, const Standing& told, const QueuePolicy& policy,
                             TimePoint now) const {
  if (!told.position) return {};
  if (line_.is_returned(place))
    return estimate(line_.returned_before(place), policy, now, std::max(policy.return_share, 0.01));
  if (!owner(place) || line_.has_priority(place)) return estimate(*told.position, policy, now);
  return estimate(line_.present_before(place), policy, now);
}

std::int64_t Room::admitted_last_minute(const QueuePolicy& policy, TimePoint now) const {
  return rates(policy, now).last_minute;
}

double Room::admitted_per_second(const QueuePolicy& policy, TimePoint now) const {
  return rates(policy, now).mean;
}

bool Room::may_poll(Place place, TimePoint now, Millis advised) {
  if (!owner(place)) return true;
  return queue::may_poll(signs_[place - 1].polls, ticks(now), advised);
}

}  // namespace stagedoor::queue
