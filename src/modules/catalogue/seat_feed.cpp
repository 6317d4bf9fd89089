#include "modules/catalogue/seat_feed.h"

#include <fmt/format.h>

#include <utility>

#include "core/parse_number.h"
#include "json/write.h"

namespace stagedoor::catalogue {

struct SeatChange {
  SeatId id;
  SeatStatus status = SeatStatus::AVAILABLE;
};
BOOST_DESCRIBE_STRUCT(SeatChange, (), (id, status))

std::optional<std::uint64_t> SeatFeed::version_of(std::string_view event_id) const {
  const std::string start = fmt::format("{:x}-", start_);
  if (!event_id.starts_with(start)) return std::nullopt;
  event_id.remove_prefix(start.size());
  return parse_number<std::uint64_t>(event_id);
}

std::optional<SeatFeed::Event> SeatFeed::after(std::optional<std::uint64_t> version) {
  const MutexLock lock(mutex_);
  gather();
  if (!live_.date) return std::nullopt;
  if (version == version_) return Event{};
  const std::uint64_t oldest = version_ - changes_.size();  // all changes since this version are known
  if (!version || *version < oldest || *version > version_) {
    if (!has_snapshot()) need_snapshot();
    return has_snapshot() ? Event{snapshot_, snapshot_version_} : Event{};
  }
  return Event{changes_[*version - oldest], *version + 1};
}

bool SeatFeed::is_unasked_since(TimePoint before) const {
  const MutexLock lock(mutex_);
  return gathered_at_ && *gathered_at_ < before;
}

void SeatFeed::gather() {
  const TimePoint now = clock_.now();
  if (gathered_at_ && now >= *gathered_at_ && now < *gathered_at_ + kGather) return;
  gathered_at_ = now;
  auto live = read_model_.live(id_);
  if (!live) {
    live_ = {};
    return;
  }
  if (live->date != live_.date) return restart(std::move(*live));
  const std::uint64_t board_version = live_.seat_map->version().load(std::memory_order_acquire);
  if (board_version == std::exchange(board_version_, board_version)) return;
  add_change(live_.seat_map->occupied());
}

// Other properties of the seats have changed, such as prices: all listeners get a new snapshot.
void SeatFeed::restart(ReadModel::LiveDate live) {
  live_ = std::move(live);
  board_version_ = live_.seat_map->version().load(std::memory_order_acquire);
  told_ = live_.seat_map->occupied();
  ++version_;
  changes_.clear();
  bytes_ = 0;
  snapshot_.reset();
}

void SeatFeed::add_change(const SeatBits& now) {
  std::vector<SeatChange> seats;
  now.each_changed(told_, [&, &date = *live_.date](std::size_t index) {
    seats.push_back({date.seat_id(index), now.test(index) ? SeatStatus::OCCUPIED : SeatStatus::AVAILABLE});
  });
  if (seats.empty()) return;  // taken and freed again
  told_ = now;
  ++version_;
  std::string text = head("seats");
  json::write(text, seats);
  text += "}\n\n";
  bytes_ += text.size();
  changes_.push_back(std::make_shared<const std::string>(std::move(text)));
  while (changes_.size() > kChangesMax || (bytes_ > kBytesMax && changes_.size() > 1)) {
    bytes_ -= changes_.front()->size();
    changes_.pop_front();
  }
}

std::string SeatFeed::head(std::string_view event) const {
  return fmt::format("event: {}\nid: {:x}-{}\ndata: {{\"version\":{},\"seat\":", event, start_, version_,
                     version_);
}

std::shared_ptr<const std::string> SeatFeed::render(const Seats& seats) {
  std::string text = seats.head;
  append_seats(text, *seats.date, seats.occupied, std::nullopt);
  text += "}\n\n";
  text.shrink_to_fit();
  return std::make_shared<const std::string>(std::move(text));
}

// Serialized again only if the changes since the last one are no longer known; new listeners get it and the
// changes after it.
void SeatFeed::need_snapshot() {
  if (is_rendering_) return;
  Seats seats{live_.date, told_, version_, head("snapshot")};
  if (!submit_ || is_small(*seats.date)) {
    snapshot_ = render(seats);
    snapshot_version_ = seats.version;
    return;
  }
  is_rendering_ = true;
  submit_([feed = shared_from_this(), seats = std::move(seats)] {
    auto text = render(seats);
    const MutexLock lock(feed->mutex_);
    feed->is_rendering_ = false;
    if (feed->live_.date != seats.date) return;  // the date was changed; a listener asks again
    feed->snapshot_ = std::move(text);
    feed->snapshot_version_ = seats.version;
  });
}

std::shared_ptr<SeatFeed> SeatFeeds::feed(DateId date) {
  const auto feeds = feeds_.lock();
  auto& feed = feeds->by_date[date];
  if (!feed) feed = std::make_shared<SeatFeed>(read_model_, clock_, date, feeds->next_start++, submit_);
  return feed;
}

void SeatFeeds::drop_unasked(TimePoint before) {
  const auto feeds = feeds_.lock();
  std::erase_if(feeds->by_date, [&](const auto& each) { return each.second->is_unasked_since(before); });
}

}  // namespace stagedoor::catalogue
