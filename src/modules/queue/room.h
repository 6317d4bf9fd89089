// The waiting room of one event as a pure state machine: places, waiting users, visits, and the next
// admissions. No clock, no I/O, no locks (room_registry.h has those). All state can be rebuilt from the
// stored places, visits, draw and absences. Signs of life are not stored: after a restart all users count as
// present.
//
// Invariants: places are 1, 2, 3… in the order of joining; a place waits, is visited, or was given up, in
// this order only; a reported position never grows.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <deque>
#include <optional>
#include <set>
#include <vector>

#include "core/uuid.h"
#include "modules/queue/line.h"
#include "modules/queue/poll_pace.h"
#include "modules/queue/standing.h"
#include "state/catalogue.h"
#include "state/rows/waiting_room.h"

namespace stagedoor::queue {

// The places of a user, and when the oldest one that counts was taken.
struct RecentPlaces {
  std::int64_t count = 0;
  TimePoint oldest{};
};

class Room {
 public:
  Room() = default;
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  // More admissions in one batch would block the lane too long.
  static constexpr std::size_t kAdmitAtOnce = 500;
  static constexpr int kBurstsApart = 5;

  // Committed facts, in commit order.
  void joined(Place place, const UserId& user, TimePoint at);  // place = last_place() + 1
  // As joined(), but the line has lost who that is (decision 0028): vanished until found().
  void joined_by_nobody_known(Place place, TimePoint at);
  // Whose it is. They may have joined again meanwhile. No effect if the owner is known.
  void found(Place place, const UserId& user);
  void left(Place place, TimePoint at, EarlyEnd by = EarlyEnd::left);    // while waiting
  void visit(Place place, TimePoint activated_at, TimePoint expires_at,  // begun, renewed or ended
             EarlyEnd ended_by = EarlyEnd::none);
  void vanished(const PlaceBitmap& block);  // absent while waiting
  void grant_priority(const UserId& user);  // whether or not the user has joined
  void end_priority(const UserId& user);
  std::vector<UserId> priority_users() const;  // sorted
  // No admissions until the draw; see Line.
  void gather() { line_.gather(); }
  void set_order(protocol::DrawnOrder order) { line_.set_order(std::move(order)); }

  // Signs of life (R-Q12), which are not stored: a poll or an open stream.
  void seen(Place place, TimePoint now);
  void everybody_seen(TimePoint now);  // after a restart: the downtime does not count as absence
  void seen(const PlaceBitmap& places, TimePoint now);
  // Gives all present users a sign of life, because their silence is not their fault (decision 0022).
  void forgive(TimePoint now);
  // True if, since the last call, nobody gave a sign of life for longer than a user who polls as told is
  // silent: the server stood still, or the way to it was broken.
  bool was_silent(Millis timeout);
  // Waiting users without a sign of life for longer than `timeout` who are not yet recorded as vanished, at
  // most `at_most`. (Users who came back and are absent again are set aside here, without a new record.) The
  // time since the room's newest sign of life does not count. If more than half of those present are absent
  // at once, they are forgiven, at most once in kBurstsApart times the timeout.
  std::vector<Place> find_absent(Millis timeout, TimePoint now, std::size_t at_most);

  Place last_place() const { return static_cast<Place>(people_.size()); }
  // The user's current place: waiting, or inside.
  std::optional<Place> place_of(const UserId& user, TimePoint now) const;
  // nullptr for an unknown place; the zero user for one whose owner was lost.
  const UserId* owner(Place place) const;
  // Those of joined_by_nobody_known() that are not recorded as vanished yet, at most `at_most`.
  std::vector<Place> unrecorded(std::size_t at_most) const;
  bool has_unrecorded() const { return !unrecorded_.empty(); }
  bool is_owner_lost(Place place) const { return owner(place) && *owner(place) == UserId{}; }
  // The user's places that were taken at `since` or later; at most `max` are counted, the newest first.
  RecentPlaces places_since(const UserId& user, TimePoint since, std::int64_t max) const;
  Standing standing(Place place, TimePoint now) const;

  const Line& line() const { return line_; }
  // The first places, up to the last one that joined before `at`.
  Place last_joined_before(TimePoint at) const;
  TimePoint joined_at(Place place) const { return person(place).joined_at; }
  std::size_t active(TimePoint now) const;

  // The places to admit at `now`, at most kAdmitAtOnce, by the policy's hard limits (R-Q10): at most `people`
  // stamps in any closed window of length `every`, and at most `capacity` users inside at any time. Absent
  // users are passed over.
  std::vector<Place> admissible(const QueuePolicy& policy, TimePoint now) const;
  // The earliest time at which admissible() may return more than now; kNever if only an event can change it.
  TimePoint next_admission(const QueuePolicy& policy, TimePoint now) const;

  // The expected wait with this many people ahead (R-Q14), from the admissions of the last minute in which
  // people waited; before there are any, from the policy. The band: the fastest and slowest of that minute's
  // six parts. `share`: the share of the admissions that count for the user.
  Estimate estimate(std::uint32_t position, const QueuePolicy& policy, TimePoint now, double share = 1) const;
  // The same for a waiting user with this standing.
  Estimate expected_wait(Place place, const Standing& told, const QueuePolicy& policy, TimePoint now) const;
  double admitted_per_second(const QueuePolicy& policy, TimePoint now) const;  // 0: not yet measured
  std::int64_t admitted_last_minute(const QueuePolicy& policy, TimePoint now) const;

  // Takes a poll from the place's bucket (poll_pace.h); returns false if the poll comes too soon (R-Q15). Not
  // part of the stored state.
  bool may_poll(Place place, TimePoint now, Millis advised);

 private:
  struct Person {
    UserId user;
    TimePoint joined_at{};
    TimePoint activated_at = kNever;  // kNever: not admitted
    TimePoint ends_at = kNever;       // of the visit, or of the waiting if given up
  };
  using Ticks = std::uint32_t;  // of 10 ms since the room's first join
  struct Signs {
    Ticks seen = 0;
    PollBucket polls;
  };
  struct Stamps {  // visits begun at one moment
    TimePoint at;
    std::uint32_t count;
  };
  // Finds a user's newest place without storing the UUID twice.
  struct ByUser {
    using is_transparent = void;
    const std::deque<Person>* people;
    std::size_t operator()(Place place) const { return absl::HashOf((*people)[place - 1].user); }
    std::size_t operator()(const UserId& user) const { return absl::HashOf(user); }
    bool operator()(Place a, Place b) const { return (*people)[a - 1].user == (*people)[b - 1].user; }
    bool operator()(Place a, const UserId& b) const { return (*people)[a - 1].user == b; }
    bool operator()(const UserId& a, Place b) const { return a == (*people)[b - 1].user; }
  };

  Person& person(Place place) { return people_[place - 1]; }
  const Person& person(Place place) const { return people_[place - 1]; }
  // Admissions per second, for each part of the last minute.
  struct Rates {
    TimePoint at{};  // time of the measurement
    double mean = 0, slowest = 0, fastest = 0;
    std::int64_t last_minute = 0;  // people admitted
    bool is_measured = false;
    bool has_band = false;
  };
  const Rates& rates(const QueuePolicy& policy, TimePoint now) const;
  std::size_t stamps_within(TimePoint from, TimePoint to) const;  // [from, to]
  Ticks ticks(TimePoint at) const;
  bool is_absent(Place place, Millis timeout, TimePoint now) const;
  void note_sign(TimePoint at);
  void append(const UserId& user, TimePoint at);

  // By place, from 1; in pieces that are never moved, so growth has no latency peak.
  std::deque<Person> people_;
  std::deque<Signs> signs_;
  std::deque<EarlyEnd> early_ends_;
  TimePoint epoch_{};
  TimePoint newest_sign_{};   // of life, of anybody
  Millis longest_silence_{};  // between two of them, since was_silent() was asked
  TimePoint forgiven_at_{};   // a burst of absences
  std::vector<Place> unrecorded_;
  absl::flat_hash_set<UserId> priority_users_;
  absl::flat_hash_set<Place, ByUser, ByUser> newest_place_{0, ByUser{&people_}, ByUser{&people_}};
  // Of users who joined again: the place before this one.
  absl::flat_hash_map<Place, Place> place_before_;
  Line line_;
  std::set<std::pair<TimePoint, Place>> ends_;  // of visits; ended ones are dropped as new ones begin
  mutable Rates rates_;                         // recomputed after a quarter of a second
  std::deque<Stamps> stamps_;                   // of the last hour
  TimePoint busy_since_ = kNever;               // start of the current period with waiting users
};

}  // namespace stagedoor::queue
