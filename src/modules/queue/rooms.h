// The rooms of all events in memory, updated from the lane's commits and read by every thread: a fan's
// standing is answered here without I/O. Also the job for admissions, presence and draws.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/bucket_table.h"
#include "core/place_ref.h"
#include "engine/lane.h"
#include "modules/queue/admission_job.h"
#include "modules/queue/draw_job.h"
#include "modules/queue/presence_job.h"
#include "modules/queue/room_registry.h"
#include "ports/clock.h"
#include "ports/line_store.h"
#include "ports/random.h"
#include "ports/startup_state.h"

namespace stagedoor::queue {

struct RoomNumbers {
  std::uint32_t waiting = 0;  // people who wait
  std::uint32_t present = 0;  // of them, those with a recent sign of life
  std::size_t active = 0;
  Place joined = 0;    // places ever given
  Place frontier = 0;  // the last admitted position of the line: a place, or after a draw a rank
  double admitted_per_second = 0;
  bool is_gathering = false;
  // The wait of somebody who joins now; nullopt: not known, because nobody is let in or there is no order
  // yet.
  std::optional<std::int64_t> wait_seconds = {};
};

class Rooms : public CommitObserver, public Job {
 public:
  using CatalogueNow = std::function<std::shared_ptr<const Catalogue>()>;

  Rooms(const Clock& clock, CatalogueNow catalogue, RandomBytes random)
      : clock_(clock), catalogue_(std::move(catalogue)), draws_(registry_, std::move(random)) {}

  // With several instances: see PresenceJob. Call before the lane starts.
  void share_presence() { presence_.share_presence(); }
  // Rebuilds the rooms from the store, before the lane starts. All waiting users count as present. Where the
  // line has lost owners of places, admission rests for presence_timeout, so that they can come back first.
  void restore(LineStore& line, StartupState& store);

  // Any thread from here on. The standing of the place; a place that is not yet known waits (R-Q6). nullopt
  // if the place belongs to another user, because the token is from another store.
  std::optional<FanView> look(const PlaceRef& place) const;
  // The same, as a sign of life (R-Q12).
  std::optional<FanView> watch(const PlaceRef& place);
  // The same, counted as a poll. A poll that comes too soon (R-Q15) gets only the time to wait. Every
  // instance counts by itself, also a place that it does not know yet.
  struct Poll {
    std::optional<FanView> told;
    Millis too_soon_by{};  // > 0: POLL_TOO_SOON
  };
  Poll poll(const PlaceRef& place);
  // The user's current place, waiting or inside.
  std::optional<LinePlace> place_of(EventId event, const UserId& user, TimePoint now) const;
  RecentPlaces places_since(EventId event, const UserId& user, TimePoint since, std::int64_t max) const;
  // Counts a join of a user who has this place, or the opening of its stream, as a poll, in a bucket of its
  // own: whoever knows a user's id cannot spend the owner's polls (R-A2). Returns the time to wait; 0: none.
  Millis ask_again(const PlaceRef& place);
  Place last_place(EventId event) const;
  // The zero user if the line has lost who it is.
  std::optional<UserId> owner(EventId event, Place place) const;
  // See Room::found().
  void found(const PlaceRef& place);
  RoomNumbers numbers(EventId event) const;
  // See RoomRegistry. Lives as long as this object.
  const std::atomic<std::uint64_t>& changes(EventId event) { return registry_.changes(event); }
  std::optional<Draw> draw(EventId event) const;
  // The users who have priority, in the order of their ids.
  std::vector<UserId> priority_users(EventId event) const;
  // All users who wait or are inside, by place.
  std::vector<LinePlace> everybody(EventId event) const;

  // Lane thread from here on.
  void on_commit(const Batch& batch) override;
  void on_remote_commit(const Batch& batch) override;
  void on_reconnect() override;  // during the outage no sign of life was possible
  TimePoint next_due(TimePoint now) const override;
  void collect(TimePoint now, std::vector<std::unique_ptr<Command>>& due) override;

 private:
  static constexpr std::size_t kAskedAgainSets = 4096;

  void count_everybody_present(TimePoint now);

  const Clock& clock_;
  CatalogueNow catalogue_;
  RoomRegistry registry_;
  AdmissionJob admission_{registry_};
  PresenceJob presence_{registry_};
  DrawJob draws_;
  // Takes a poll from the place's bucket there. Returns the time to wait.
  Millis take_from_table(const PlaceRef& place, Millis advised);

  BucketTable asked_again_{kAskedAgainSets, 0};  // nobody can choose the place that is its key
};

}  // namespace stagedoor::queue
