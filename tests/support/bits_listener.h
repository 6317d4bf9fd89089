// A client of a bits stream (R-C9) that may go on at the feed of another instance.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "modules/catalogue/seat_feed.h"
#include "support/free_seats.h"

namespace stagedoor::test {

class BitsListener {
 public:
  explicit BitsListener(std::shared_ptr<catalogue::SeatFeed> feed) : feed_(std::move(feed)) {}

  // Hears all there is; returns the number of events.
  int hear() {
    int count = 0;
    for (; const auto event = feed_->after(version_); ++count) {
      if (!event->text) break;
      version_ = event->version;
      for (const SseEvent& one : events_of(*event->text)) seats_.hear(one);
    }
    return count;
  }
  // With Last-Event-ID. Returns whether the feed knows it.
  bool move_to(std::shared_ptr<catalogue::SeatFeed> feed) {
    feed_ = std::move(feed);
    version_ = feed_->version_of(seats_.last_id());
    return version_.has_value();
  }
  const std::vector<bool>& free() const { return seats_.free(); }
  bool is_free(std::int64_t index) const { return seats_.free().at(std::size_t(index)); }
  int begun() const { return seats_.begun(); }

 private:
  std::shared_ptr<catalogue::SeatFeed> feed_;
  std::optional<std::uint64_t> version_;
  FreeSeats seats_;
};

}  // namespace stagedoor::test
