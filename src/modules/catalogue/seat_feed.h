// The seats of a date as server-sent events for any number of listeners (R-C5, R-C9): a snapshot, then
// changes. Every event is serialized once and shared; a listener is a cursor: the version of the last event
// it received. A large snapshot is made by the thread of the pages (page_worker.h); until then its listeners
// get nothing.
//
// The feed is pull-based: the first reader after a change compares the date's seats with those last sent. So
// changes within 80 ms form one event, and a date without listeners costs nothing.
#pragma once

#include <boost/describe/enum.hpp>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/guarded.h"
#include "modules/catalogue/read_model.h"
#include "ports/clock.h"

namespace stagedoor::catalogue {

// `seats`: with all that the seats call has. `bits`: those of availability.h, by the index into the layout.
BOOST_DEFINE_ENUM_CLASS(SeatForm, seats, bits)

class SeatFeed : public std::enable_shared_from_this<SeatFeed> {
 public:
  // `start` distinguishes this feed's versions from those of the date's other feeds. With `submit` the feed
  // must be owned by a shared_ptr.
  SeatFeed(const ReadModel& read_model, const Clock& clock, DateId date, std::uint64_t start,
           SubmitJob submit = {}, SeatForm form = SeatForm::seats)
      : read_model_(read_model),
        clock_(clock),
        id_(date),
        start_(start),
        submit_(std::move(submit)),
        form_(form) {}

  // The version of the event with that `id:` line, if it is known and so are the changes since then. The ids
  // of bits name the state of all seats, so an event that another instance sent is known here if the seats
  // were the same; merging changes in other steps, this instance cannot go on from any other state.
  std::optional<std::uint64_t> version_of(std::string_view event_id);

  // The next event for a listener after `version` (nullopt: from the beginning): its whole text and version.
  struct Event {
    std::shared_ptr<const std::string> text;  // nullptr: nothing new
    std::uint64_t version = 0;
  };
  // Any thread. nullopt if the date was deleted.
  std::optional<Event> after(std::optional<std::uint64_t> version);
  // True if nobody has called after() since `before`.
  bool is_unasked_since(TimePoint before) const;

 private:
  static constexpr Millis kGather{80};
  static constexpr std::size_t kChangesMax = 1000;
  static constexpr std::size_t kBytesMax = 1024 * 1024;

  void gather() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void restart(ReadModel::LiveDate live) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void add_change(const SeatBits& now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The id of version_, made or remembered.
  std::string new_id() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  const std::string& id() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return changes_.empty() ? oldest_id_ : changes_.back().id;
  }
  std::string change_as_seats(const std::vector<std::size_t>& changed, std::string_view id) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string change_as_bits(const std::vector<std::size_t>& changed, std::string_view id) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string all_bits(std::string_view id) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool has_snapshot() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const std::uint64_t oldest = form_ == SeatForm::bits ? version_ : version_ - changes_.size();
    return snapshot_ && snapshot_version_ >= oldest;
  }
  // Makes the snapshot, or has it made; then snapshot_ has none until it is there.
  void need_snapshot() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The seats as of version_.
  struct Seats {
    std::shared_ptr<const EventDate> date;
    SeatBits occupied;
    std::uint64_t version;
    std::string head;
  };
  static std::shared_ptr<const std::string> render(const Seats& seats);

  const ReadModel& read_model_;
  const Clock& clock_;
  const DateId id_;
  const std::uint64_t start_;
  const SubmitJob submit_;
  const SeatForm form_;

  mutable Mutex mutex_;
  std::optional<TimePoint> gathered_at_ ABSL_GUARDED_BY(mutex_);
  // Null: there was no listener yet, or the date was deleted.
  ReadModel::LiveDate live_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t board_version_ ABSL_GUARDED_BY(mutex_) = 0;
  SeatBits told_ ABSL_GUARDED_BY(mutex_){0};           // as of version_
  std::uint64_t version_ ABSL_GUARDED_BY(mutex_) = 0;  // of the newest event
  struct Change {
    std::shared_ptr<const std::string> text;
    std::string id;  // of the version that it leads to
  };
  // Versions (version_ - size, version_].
  std::deque<Change> changes_ ABSL_GUARDED_BY(mutex_);
  std::string oldest_id_ ABSL_GUARDED_BY(mutex_);  // of the version before them
  std::size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // of them
  std::shared_ptr<const std::string> snapshot_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t snapshot_version_ ABSL_GUARDED_BY(mutex_) = 0;
  bool is_rendering_ ABSL_GUARDED_BY(mutex_) = false;  // on the thread of the pages
};

// The feeds of all dates that have listeners.
class SeatFeeds {
 public:
  // `start`: different at each start of the server. `submit`: see ReadModel.
  SeatFeeds(const ReadModel& read_model, const Clock& clock, std::uint64_t start, SubmitJob submit = {})
      : read_model_(read_model), clock_(clock), submit_(std::move(submit)), feeds_(Feeds{{}, start}) {}

  std::shared_ptr<SeatFeed> feed(DateId date, SeatForm form = SeatForm::seats);
  // Frees the feeds without a listener since `before`. A listener who comes back gets a snapshot.
  void drop_unasked(TimePoint before);
  std::size_t size() const { return feeds_.lock()->by_date.size(); }

 private:
  struct Feeds {
    std::map<std::pair<DateId, SeatForm>, std::shared_ptr<SeatFeed>> by_date;
    std::uint64_t next_start = 0;
  };
  const ReadModel& read_model_;
  const Clock& clock_;
  const SubmitJob submit_;
  Guarded<Feeds> feeds_;
};

}  // namespace stagedoor::catalogue
