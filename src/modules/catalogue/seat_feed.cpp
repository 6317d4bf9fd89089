#include "modules/catalogue/seat_feed.h"

#include <fmt/format.h>

#include <utility>

#include "core/hex.h"
#include "core/sha256.h"
#include "json/write.h"
#include "modules/catalogue/availability.h"

namespace stagedoor::catalogue {

struct SeatChange {
  SeatId id;
  SeatStatus status = SeatStatus::AVAILABLE;
};
BOOST_DESCRIBE_STRUCT(SeatChange, (), (id, status))

namespace {

std::string head_of_seats(std::string_view event, std::string_view id, std::uint64_t version) {
  return fmt::format("event: {}\nid: {}\ndata: {{\"version\":{},\"seat\":", event, id, version);
}

}  // namespace

std::optional<std::uint64_t> SeatFeed::version_of(std::string_view event_id) {
  if (event_id.empty()) return std::nullopt;
  const MutexLock lock(mutex_);
  gather();
  std::uint64_t version = version_;
  for (auto change = changes_.rbegin(); change != changes_.rend(); ++change, --version) {
    if (change->id == event_id) return version;
  }
  return oldest_id_ == event_id ? std::optional(version) : std::nullopt;
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
  return Event{changes_[*version - oldest].text, *version + 1};
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
  // Bits depend on nothing but the seats, which a date keeps.
  if (live->date != live_.date && form_ == SeatForm::bits && live_.date) live_.date = live->date;
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
  oldest_id_ = new_id();
  bytes_ = 0;
  snapshot_.reset();
}

std::string SeatFeed::new_id() const {
  if (form_ == SeatForm::seats) return fmt::format("{:x}-{}", start_, version_);
  const Sha256 digest = sha256(told_.bytes());
  return to_hex({reinterpret_cast<const char*>(digest.data()), 8});
}

void SeatFeed::add_change(const SeatBits& now) {
  std::vector<std::size_t> changed;
  now.each_changed(told_, [&](std::size_t index) { changed.push_back(index); });
  if (changed.empty()) return;  // taken and freed again
  told_ = now;
  ++version_;
  std::string id = new_id();
  std::string text = form_ == SeatForm::bits ? change_as_bits(changed, id) : change_as_seats(changed, id);
  bytes_ += text.size();
  changes_.push_back({std::make_shared<const std::string>(std::move(text)), std::move(id)});
  while (changes_.size() > kChangesMax || (bytes_ > kBytesMax && changes_.size() > 1)) {
    bytes_ -= changes_.front().text->size();
    oldest_id_ = std::move(changes_.front().id);
    changes_.pop_front();
  }
}

std::string SeatFeed::change_as_seats(const std::vector<std::size_t>& changed, std::string_view id) const {
  std::vector<SeatChange> seats;
  for (const std::size_t index : changed) {
    seats.push_back(
        {live_.date->seat_id(index), told_.test(index) ? SeatStatus::OCCUPIED : SeatStatus::AVAILABLE});
  }
  std::string text = head_of_seats("seats", id, version_);
  json::write(text, seats);
  text += "}\n\n";
  return text;
}

std::string SeatFeed::change_as_bits(const std::vector<std::size_t>& changed, std::string_view id) const {
  constexpr std::size_t kPairBytes = 10, kSeatsPerByte = 6, kOtherBytes = 80;  // of all_bits()
  if (changed.size() * kPairBytes > kOtherBytes + live_.date->seats.size() / kSeatsPerByte)
    return all_bits(id);
  std::string text = fmt::format("event: changes\nid: {}\ndata: ", id);
  for (const std::size_t index : changed)
    text += fmt::format("{}[{},{}]", text.back() == ' ' ? '[' : ',', index, told_.test(index) ? 0 : 1);
  text += "]\n\n";
  return text;
}

std::string SeatFeed::all_bits(std::string_view id) const {
  return fmt::format("event: bits\nid: {}\ndata: {}\n\n", id,
                     json::to_text(availability_dto(*live_.date, told_)));
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
  if (form_ == SeatForm::bits) {
    snapshot_ = std::make_shared<const std::string>(all_bits(id()));
    snapshot_version_ = version_;
    return;
  }
  Seats seats{live_.date, told_, version_, head_of_seats("snapshot", id(), version_)};
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

std::shared_ptr<SeatFeed> SeatFeeds::feed(DateId date, SeatForm form) {
  const auto feeds = feeds_.lock();
  auto& feed = feeds->by_date[{date, form}];
  if (!feed) feed = std::make_shared<SeatFeed>(read_model_, clock_, date, feeds->next_start++, submit_, form);
  return feed;
}

void SeatFeeds::drop_unasked(TimePoint before) {
  const auto feeds = feeds_.lock();
  std::erase_if(feeds->by_date, [&](const auto& each) { return each.second->is_unasked_since(before); });
}

}  // namespace stagedoor::catalogue
