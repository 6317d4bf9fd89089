// The rooms of all events in memory, fed by what the lane commits, read by every thread: where a fan stands
// is answered here without I/O. Also the job that lets people in: the server promotes by itself, nobody has
// to poll for it (R-Q10).
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "engine/lane.h"
#include "modules/queue/model.h"
#include "modules/queue/room.h"
#include "ports/clock.h"

namespace stagedoor {

// What a fan is told.
struct FanView {
  Standing standing;
  Estimate estimate;
  Millis poll_after{};
};

struct RoomNumbers {
  std::uint32_t waiting = 0;
  std::size_t active = 0;
  Place joined = 0;
};

class Rooms : public Listener, public Job {
 public:
  using CatalogueNow = std::function<std::shared_ptr<const Catalogue>()>;

  Rooms(const Clock& clock, CatalogueNow catalogue) : clock_(clock), catalogue_(std::move(catalogue)) {}

  // Rebuilds the rooms from the store, before the lane starts. Every place is taken for seen just now.
  void restore(Store& store);

  // Any thread. EXPIRED and waiting places alike; what no room has heard of waits (R-Q6). Nothing when the
  // place belongs to another user: the token is of another store.
  std::optional<FanView> look(const TokenClaims& token) const;
  // The same, counted as a poll: nothing is told when it comes too soon (R-Q15), only how long to wait.
  struct Poll {
    std::optional<FanView> told;
    Millis too_soon_by{};  // > 0: POLL_TOO_SOON
  };
  Poll poll(const TokenClaims& token);
  std::optional<LinePlace> place_of(EventId event, const UserId& user, TimePoint now) const;
  Place last_place(EventId event) const;
  RoomNumbers numbers(EventId event) const;
  // Rises after every commit that let somebody in, ended or renewed a visit, or gave a place up: what is read
  // of the room after it is at least as new. Lives as long as this object.
  const std::atomic<std::uint64_t>& changes(EventId event) { return at(event).changes; }

  void committed(const Batch& batch) override;

  TimePoint next_due(TimePoint now) const override;
  void collect(TimePoint now, std::vector<std::unique_ptr<Command>>& due) override;

  // Used by the promotion command. Lane thread.
  std::vector<LinePlace> admissible(const Event& event, TimePoint now) const;

 private:
  struct Guarded {
    mutable std::mutex mutex;
    Room room;
    std::atomic<std::uint64_t> changes{0};
  };

  Guarded& at(EventId event);  // made when it is not there yet
  const Guarded* find(EventId event) const;
  FanView view(const Room& room, const TokenClaims& token, const Event* event, TimePoint now) const;
  Millis poll_after(const FanView& fan, const TokenClaims& token, const QueuePolicy& policy,
                    TimePoint now) const;

  const Clock& clock_;
  CatalogueNow catalogue_;
  mutable std::mutex mutex_;  // of the map; a room once made stays
  std::map<EventId, std::unique_ptr<Guarded>> rooms_;
};

}  // namespace stagedoor
