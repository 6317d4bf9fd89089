// The rooms of all events in memory, fed by what the lane commits, read by every thread: where a fan stands
// is answered here without I/O. Also the job that does what a room needs done: the server lets people in by
// itself, nobody has to poll for it (R-Q10); it notes who has vanished (R-Q12) and draws the order (R-Q13).
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "core/guarded.h"
#include "engine/lane.h"
#include "modules/queue/model.h"
#include "modules/queue/room.h"
#include "ports/clock.h"
#include "ports/random.h"
#include "ports/startup_state.h"

namespace stagedoor {

// What a fan is told.
struct FanView {
  Standing standing;
  Estimate estimate;
  Millis poll_after{};
};

struct RoomNumbers {
  std::uint32_t waiting = 0;  // whoever has a place and no turn yet
  std::uint32_t present = 0;  // of them, those who gave a sign of life lately
  std::size_t active = 0;
  Place joined = 0;    // places ever given
  Place frontier = 0;  // how far the line was let in: a place in it, or after a draw a rank
  double admitted_per_second = 0;
  bool is_gathering = false;
};

class Rooms : public Listener, public Job {
 public:
  using CatalogueNow = std::function<std::shared_ptr<const Catalogue>()>;

  Rooms(const Clock& clock, CatalogueNow catalogue, RandomBytes random)
      : clock_(clock), catalogue_(std::move(catalogue)), random_(std::move(random)) {}
  ~Rooms() override;

  // Others answer polls too: tells them who gave a sign of life here, and waits for theirs before it takes
  // somebody for absent. Before the lane starts.
  void share_presence() { shares_presence_ = true; }

  // Rebuilds the rooms from the store, before the lane starts. Every place is taken for seen just now.
  void restore(StartupState& store);

  // Any thread. EXPIRED and waiting places alike; what no room has heard of waits (R-Q6). Nothing when the
  // place belongs to another user: the token is of another store.
  std::optional<FanView> look(const PlaceRef& place) const;
  // The same, as a sign of life (R-Q12).
  std::optional<FanView> watch(const PlaceRef& place);
  // The same, counted as a poll: nothing is told when it comes too soon (R-Q15), only how long to wait.
  struct Poll {
    std::optional<FanView> told;
    Millis too_soon_by{};  // > 0: POLL_TOO_SOON
  };
  Poll poll(const PlaceRef& place);
  std::optional<LinePlace> place_of(EventId event, const UserId& user, TimePoint now) const;
  Place last_place(EventId event) const;
  RoomNumbers numbers(EventId event) const;
  // Rises after every commit that let somebody in, ended or renewed a visit, or gave a place up: what is read
  // of the room after it is at least as new. Lives as long as this object.
  const std::atomic<std::uint64_t>& changes(EventId event) { return at(event).changes; }
  std::optional<Draw> draw(EventId event) const;
  // Everybody who waits or is inside, by place.
  std::vector<LinePlace> everybody(EventId event) const;

  void committed(const Batch& batch) override;
  void heard(const Batch& batch) override;
  void returned() override;  // nobody could give a sign of life meanwhile

  TimePoint next_due(TimePoint now) const override;
  void collect(TimePoint now, std::vector<std::unique_ptr<Command>>& due) override;

  // Used by this job's commands. Lane thread.
  std::vector<LinePlace> admissible(const Event& event, TimePoint now) const;
  std::vector<PlaceBitmap> with_absent(EventId event, const std::vector<Place>& places) const;

 private:
  // The list of joins that an opening closes: worked out beside the lane when it is long.
  struct Drawing {
    ClosedList list;
    DrawnOrder order;
    std::atomic<bool> is_done{false};
    std::jthread thread;
  };
  struct Slot {
    mutable std::mutex mutex;
    Room room;
    std::atomic<std::uint64_t> changes{0};
    std::optional<Draw> draw;
    std::map<std::int32_t, PlaceBitmap>
        unsent_presence;  // by block: who gave a sign here and others were not told yet
    // Lane thread only.
    std::shared_ptr<Drawing> drawing;
    TimePoint next_search{};          // for absent people
    TimePoint next_presence_share{};  // of who gave a sign of life, to other instances
    TimePoint admission_rests{};      // nobody could be let in although it was time: they are absent
  };

  Slot& at(EventId event);  // made when it is not there yet
  Slot* find(EventId event) const;
  FanView view(const Room& room, const PlaceRef& place, const Event* event, TimePoint now) const;
  Millis poll_after(const FanView& fan, const PlaceRef& place, const QueuePolicy& policy, const Event* event,
                    TimePoint now) const;
  static std::shared_ptr<Drawing> start_drawing(Slot& slot, const Draw& draw);
  void sign_of_life(Slot& slot, const PlaceRef& place, TimePoint now) const;  // requires the lock
  // The order of a draw, worked out before or now.
  static void set_order(Room& room, const Draw& draw, Drawing* worked_out);
  void prepare_draw(const Event& event, TimePoint now, std::vector<std::unique_ptr<Command>>& due);
  void collect_unsent_presence(const Event& event, Slot& slot, TimePoint now,
                               std::vector<std::unique_ptr<Command>>& due);
  void collect_absent(const Event& event, Slot& slot, TimePoint now,
                      std::vector<std::unique_ptr<Command>>& due);

  const Clock& clock_;
  CatalogueNow catalogue_;
  RandomBytes random_;
  bool shares_presence_ = false;
  mutable Mutex mutex_;
  std::map<EventId, std::unique_ptr<Slot>> rooms_ ABSL_GUARDED_BY(mutex_);  // a room once made stays
};

}  // namespace stagedoor
