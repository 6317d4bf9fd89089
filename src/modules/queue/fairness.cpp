#include "modules/queue/fairness.h"

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <queue>

#include "protocol/draw.h"

namespace stagedoor::queue {
namespace {

struct Person {
  TimePoint joined_at{};
  TimePoint waited_until = kNever;  // admitted, or left
  bool is_admitted = false;
  bool has_vanished = false;
  bool has_priority = false;
};

std::vector<Person> people_of(const RoomRows& rows) {
  absl::flat_hash_set<UserId> priority;
  for (const auto& user : rows.priority) priority.insert(user.user);
  std::vector<Person> people;
  people.reserve(rows.places.size());
  for (const auto& place : rows.places) {
    people.push_back({.joined_at = place.joined_at, .has_priority = priority.contains(place.user)});
    if (place.left_at) people.back().waited_until = *place.left_at;
  }
  for (const auto& visit : rows.visits) {
    Person& person = people.at(visit.place - 1);
    person.waited_until = visit.activated_at;
    person.is_admitted = true;
  }
  for (const auto& block : rows.absences) {
    for (std::size_t i = 0; i < kPlaceBits; ++i) {
      const std::size_t place = std::size_t(block.block) * kPlaceBits + i;
      if (place < people.size() && (static_cast<unsigned char>(block.bits[i / 8]) >> (i % 8) & 1) != 0)
        people[place].has_vanished = true;
    }
  }
  return people;
}

// The indexes of people, in the order of the line.
std::vector<std::size_t> in_order(const RoomRows& rows, std::size_t people) {
  std::vector<std::size_t> order;
  order.reserve(people);
  if (rows.draw && rows.draw->drawn_at && rows.draw->people <= people) {  // else the audit finds it
    const Draw& draw = *rows.draw;
    for (const Place place :
         protocol::draw_order(protocol::draw_key(draw.seed, draw.digest, draw.beacon), draw.people).place_at)
      order.push_back(place - 1);
  }
  for (std::size_t i = order.size(); i < people; ++i) order.push_back(i);
  return order;
}

std::int64_t count_inversions(const std::vector<Person>& people, const std::vector<std::size_t>& order) {
  std::int64_t inversions = 0;
  TimePoint first_behind = kNever;  // earliest admission of a person behind
  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    const Person& person = people[*at];
    if (person.has_vanished || person.has_priority) continue;
    if (first_behind < person.waited_until && person.joined_at <= first_behind) ++inversions;
    if (person.is_admitted) first_behind = std::min(first_behind, person.waited_until);
  }
  return inversions;
}

struct Stay {
  TimePoint activated_at{};
  TimePoint expires_at{};
};

// By their begin.
std::vector<Stay> stays_of(const std::vector<Visit>& visits) {
  std::vector<Stay> stays;
  stays.reserve(visits.size());
  for (const Visit& visit : visits) stays.push_back({visit.activated_at, visit.expires_at});
  std::ranges::sort(stays, {}, &Stay::activated_at);
  return stays;
}

std::int64_t count_interval_breaches(const std::vector<Stay>& stays, const QueuePolicy& policy) {
  if (policy.admission == Admission::capacity) return 0;
  std::int64_t breaches = 0;
  const auto people = std::size_t(policy.people);
  for (std::size_t i = people; i < stays.size(); ++i)
    breaches += stays[i].activated_at - stays[i - people].activated_at <= policy.every;
  return breaches;
}

std::int64_t count_capacity_breaches(const std::vector<Stay>& stays, const QueuePolicy& policy) {
  if (policy.admission == Admission::interval) return 0;
  std::int64_t breaches = 0;
  std::priority_queue<TimePoint, std::vector<TimePoint>, std::greater<>> ends;
  for (const Stay& stay : stays) {
    while (!ends.empty() && ends.top() <= stay.activated_at) ends.pop();
    ends.push(stay.expires_at);
    breaches += std::int64_t(ends.size()) > policy.capacity;
  }
  return breaches;
}

}  // namespace

Fairness judge_fairness(const RoomRows& rows, const QueuePolicy& policy) {
  const std::vector<Person> people = people_of(rows);
  const std::vector<std::size_t> order = in_order(rows, people.size());
  Fairness result{.joins = std::int64_t(people.size()), .admissions = std::int64_t(rows.visits.size())};
  std::size_t frontier = 0;  // last admitted position of always present users
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const Person& person = people[order[rank]];
    if (person.is_admitted && !person.has_vanished && !person.has_priority) frontier = rank;
  }
  std::vector<Millis> waits;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const std::size_t index = order[rank];
    const Person& person = people[index];
    result.with_priority += person.has_priority;
    result.vanished += person.has_vanished;
    result.passed_over += person.has_vanished && rank < frontier;
    result.came_back += person.has_vanished && person.is_admitted;
    if (!person.is_admitted) {
      ++(person.waited_until == kNever ? result.still_waiting : result.left);
      continue;
    }
    const bool was_drawn = rows.draw && rows.draw->drawn_at && index < rows.draw->people;
    waits.push_back(person.waited_until - (was_drawn ? rows.draw->opens_at : person.joined_at));
  }
  std::sort(waits.begin(), waits.end());
  const auto percentile = [&](std::size_t percent) {
    return waits.empty() ? Millis(0) : waits[(waits.size() - 1) * percent / 100];
  };
  result.wait_p50 = percentile(50);
  result.wait_p90 = percentile(90);
  result.wait_p99 = percentile(99);
  result.wait_max = percentile(100);
  result.inversions = count_inversions(people, order);
  const std::vector<Stay> stays = stays_of(rows.visits);
  result.interval_breaches = count_interval_breaches(stays, policy);
  result.capacity_breaches = count_capacity_breaches(stays, policy);
  return result;
}

}  // namespace stagedoor::queue
