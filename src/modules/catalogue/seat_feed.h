// The seats of a date as server-sent events for any number of listeners (R-C5): a snapshot, and what has
// changed since. Every event is written once and shared; a listener is a cursor, the version of the event
// heard last.
//
// Nobody feeds it: who asks first after a change compares the date's seats with those told last, so changes
// of 80 ms are one event, and a date to which nobody listens costs nothing.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/guarded.h"
#include "modules/catalogue/read_model.h"
#include "ports/clock.h"

namespace stagedoor::catalogue {

class SeatFeed {
 public:
  // `start` tells this feed's versions from those of another start of the server.
  SeatFeed(const ReadModel& read_model, const Clock& clock, DateId date, std::uint64_t start)
      : read_model_(read_model), clock_(clock), id_(date), start_(start) {}

  // Of an `id:` line of this feed, when the changes since are still known.
  std::optional<std::uint64_t> version_of(std::string_view event_id) const;

  // What a listener hears after `version` (nothing: from the beginning): the next event's whole text and
  // version.
  struct Event {
    std::shared_ptr<const std::string> text;  // nullptr: nothing new
    std::uint64_t version = 0;
  };
  // Any thread. Nothing when the date is gone for good.
  std::optional<Event> after(std::optional<std::uint64_t> version);

 private:
  static constexpr Millis kGather{80};
  static constexpr std::size_t kChangesMax = 1000;
  static constexpr std::size_t kBytesMax = 1024 * 1024;

  void gather() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void restart(ReadModel::LiveDate live) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void add_change(const SeatBits& now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string head(std::string_view event) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  const std::shared_ptr<const std::string>& snapshot() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const ReadModel& read_model_;
  const Clock& clock_;
  const DateId id_;
  const std::uint64_t start_;

  mutable Mutex mutex_;
  std::optional<TimePoint> gathered_at_ ABSL_GUARDED_BY(mutex_);
  // Null: nobody has listened yet, or the date is gone.
  ReadModel::LiveDate live_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t board_version_ ABSL_GUARDED_BY(mutex_) = 0;
  SeatBits told_ ABSL_GUARDED_BY(mutex_){0};           // as of version_
  std::uint64_t version_ ABSL_GUARDED_BY(mutex_) = 0;  // of the newest event
  // Versions (version_ - size, version_].
  std::deque<std::shared_ptr<const std::string>> changes_ ABSL_GUARDED_BY(mutex_);
  std::size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // of them
  std::shared_ptr<const std::string> snapshot_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t snapshot_version_ ABSL_GUARDED_BY(mutex_) = 0;
};

// The feeds of all dates to which somebody has listened.
class SeatFeeds {
 public:
  // `start`: another one at each start of the server.
  SeatFeeds(const ReadModel& read_model, const Clock& clock, std::uint64_t start)
      : read_model_(read_model), clock_(clock), start_(start) {}

  std::shared_ptr<SeatFeed> feed(DateId date);

 private:
  const ReadModel& read_model_;
  const Clock& clock_;
  const std::uint64_t start_;
  Guarded<std::map<DateId, std::shared_ptr<SeatFeed>>> feeds_;
};

}  // namespace stagedoor::catalogue
