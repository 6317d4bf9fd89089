// What is on the read model: the read model of the catalogue and of its seats. It hears of every committed
// batch, keeps the newest catalogue for everybody, and answers the reads of R-C1 – R-C4 from rendered bytes
// that many readers share.
//
// Fed by one thread (the lane's: load() before it starts, then on_commit()), asked by any. A reader sees a
// change as soon as it is committed; a big page may lag behind by as long as rendered_page.h says.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "core/guarded.h"
#include "core/refusal.h"
#include "engine/lane.h"
#include "modules/catalogue/render.h"
#include "modules/catalogue/rendered_page.h"
#include "modules/queue/stock.h"
#include "ports/startup_state.h"

namespace stagedoor::catalogue {

// Of one event, as of the last commit.
struct Sales {
  std::int64_t holds = 0;  // unpaid, lapsed ones until they are swept
  std::int64_t sold = 0;
  Won revenue;  // of what is sold and not refunded
};

using PagePtr = std::shared_ptr<const RenderedPage>;

class ReadModel final : public CommitObserver {
 public:
  ReadModel();

  // Takes everything from the store. Before the lane starts, and before the server says that it is ready.
  void load(StartupState& store);
  void on_commit(const Batch& batch) override;

  // Never null.
  std::shared_ptr<const Catalogue> catalogue() const;

  PagePtr events(std::optional<EventStatus> status, TimePoint now) const;
  Result<PagePtr> event(EventId id, TimePoint now) const;                      // EVENT_NOT_FOUND
  Result<PagePtr> dates(EventId id, DatesWanted wanted, TimePoint now) const;  // EVENT_NOT_FOUND
  // EVENT_DATE_NOT_FOUND; NO_SEAT_AVAILABLE when none is left.
  Result<PagePtr> seats(DateId id, std::optional<SeatStatus> status) const;

  // A date that is there and not deleted, and its seats, which go on changing.
  struct LiveDate {
    std::shared_ptr<const EventDate> date;
    std::shared_ptr<const SeatMap> seat_map;
  };
  std::optional<LiveDate> live(DateId id) const;
  // The event of a date that is there and not deleted.
  std::optional<EventId> event_of(DateId id) const;
  // Seats left of a date; 0 when there is no such date.
  std::int64_t left(DateId id) const;
  Sales sales(EventId id) const;
  // Nothing when there is no such event. The numbers are at most 100 ms old; `sold_out` is not.
  std::optional<queue::StockUpdate> stock_update(EventId id) const;

 private:
  struct EventCounters;  // what outlives a change of the catalogue, per event
  struct EventEntry;     // an event
  struct DateEntry;      // a date
  struct Entries;        // all of it, of one catalogue

  std::shared_ptr<const Entries> entries() const;
  // The stock of `catalogue`, with boards, counters and unchanged pages of the one before.
  std::shared_ptr<const Entries> rebuild(std::shared_ptr<const Catalogue> catalogue,
                                         const Entries* before) const;
  void replace(std::shared_ptr<const Entries> next);
  void count(const Reservation& row, int sign, EventCounters& live);
  void put(const Write<Reservation>& write, const Entries& stock);

  Guarded<std::shared_ptr<const Entries>> entries_;  // written by the feeding thread
  std::atomic<std::uint64_t> version_{1};
};

}  // namespace stagedoor::catalogue
