// The read model of the catalogue and its seats. It observes every committed batch, keeps the newest
// catalogue, and answers the reads of R-C1 – R-C4 and R-C9 from rendered pages that many readers share.
//
// Updated by one thread (the lane's: load() before it starts, then on_commit()), read by any thread. A reader
// sees a change as soon as it is committed; a large page may be stale by the limit in rendered_page.h.
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
  std::int64_t holds = 0;  // unpaid; includes expired ones until they are swept
  std::int64_t sold = 0;
  Won revenue;  // of seats sold and not refunded
};

// What a request needs of a page.
struct PageNeeds {
  TimePoint asked_at{};  // service time
  bool gzip = false;
  bool only_head = false;  // tag and length
};

class ReadModel final : public CommitObserver {
 public:
  // `submit` hands the making of large pages to another thread; empty: they are made by whoever asks.
  explicit ReadModel(SubmitJob submit = {});

  // Loads all rows from the store. Call before the lane starts, and before the server reports ready.
  void load(StartupState& store);
  void on_commit(const Batch& batch) override;

  // Never null.
  std::shared_ptr<const Catalogue> catalogue() const;

  PageTicket events(std::optional<EventStatus> status, TimePoint now, PageNeeds needs = {}) const;
  // EVENT_NOT_FOUND
  Result<PageTicket> event(EventId id, TimePoint now, PageNeeds needs = {}) const;
  Result<PageTicket> dates(EventId id, DatesWanted wanted, TimePoint now, PageNeeds needs = {}) const;
  // EVENT_DATE_NOT_FOUND; NO_SEAT_AVAILABLE if no seat is left.
  Result<PageTicket> seats(DateId id, std::optional<SeatStatus> status, PageNeeds needs = {}) const;
  // The two parts of the seat map (R-C9). EVENT_DATE_NOT_FOUND
  Result<PageTicket> layout(DateId id, PageNeeds needs = {}) const;
  Result<PageTicket> availability(DateId id, PageNeeds needs = {}) const;
  // The answer's bytes: the seat with its date and event (R-C10). SEAT_NOT_FOUND
  Result<std::string> seat(SeatId id, TimePoint now) const;
  // Frees the bytes of the pages that nobody has asked for since `before`.
  void drop_unasked(TimePoint before) const;

  // An existing date that is not deleted, and its live seats.
  struct LiveDate {
    std::shared_ptr<const EventDate> date;
    std::shared_ptr<const SeatMap> seat_map;
  };
  std::optional<LiveDate> live(DateId id) const;
  // The event of an existing date that is not deleted.
  std::optional<EventId> event_of(DateId id) const;
  // The free seats of a date; 0 for an unknown date.
  std::int64_t left(DateId id) const;
  Sales sales(EventId id) const;
  // nullopt for an unknown event. The numbers are at most 100 ms stale; `sold_out` is current.
  std::optional<queue::StockUpdate> stock_update(EventId id) const;

 private:
  struct EventCounters;  // per event; survives changes of the catalogue
  struct EventEntry;     // an event
  struct DateEntry;      // a date
  struct Entries;        // all entries of one catalogue

  std::shared_ptr<const Entries> entries() const;
  // Of a date's page, which changes with `version`.
  PageSlot::Request request_of(const std::atomic<std::uint64_t>& version, std::shared_ptr<const Entries> all,
                               bool is_small, const PageNeeds& needs) const;
  PageSlot::Request request_of(const EventEntry& event, std::shared_ptr<const Entries> all, TimePoint now,
                               const PageNeeds& needs) const;
  // The entries of `catalogue`, with the seat maps, counters and unchanged pages of the previous one.
  std::shared_ptr<const Entries> rebuild(std::shared_ptr<const Catalogue> catalogue,
                                         const Entries* before) const;
  void replace(std::shared_ptr<const Entries> next);
  void count(const Reservation& row, int sign, EventCounters& live);
  void put(const Write<Reservation>& write, const Entries& now);

  const SubmitJob submit_;
  Guarded<std::shared_ptr<const Entries>> entries_;  // written by the lane's thread
  std::atomic<std::uint64_t> version_{1};
};

}  // namespace stagedoor::catalogue
