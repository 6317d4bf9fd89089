#include "modules/catalogue/read_model.h"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <numeric>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "core/ensure.h"
#include "core/refusals.h"
#include "modules/catalogue/availability.h"
#include "modules/catalogue/layout.h"
#include "modules/catalogue/model.h"

namespace stagedoor::catalogue {
namespace {

constexpr std::size_t kSmallEvent = 50;  // dates

std::size_t slot_of(std::optional<SeatStatus> status) { return status ? 1 + std::size_t(*status) : 0; }
std::size_t slot_of(std::optional<EventStatus> status) { return status ? 1 + std::size_t(*status) : 0; }

std::set<std::string_view> changed_layouts(const Catalogue& before, const Catalogue& after) {
  std::set<std::string_view> names;
  for (const auto& [name, layout] : after.layouts) {
    const auto at = before.layouts.find(name);
    if (at == before.layouts.end() || at->second != layout) names.insert(name);
  }
  return names;
}

}  // namespace

struct ReadModel::EventCounters {
  std::atomic<std::uint64_t> version{1};
  std::atomic<std::int64_t> holds{0};
  std::atomic<std::int64_t> sold{0};
  std::atomic<std::int64_t> revenue{0};
};

// The free seats of an event by category, counted and rendered again at most every 100 ms.
class StockSlot {
 public:
  using Clock = std::chrono::steady_clock;

  template <class Count>
  queue::StockUpdate get(std::uint64_t version, const Count& count) {
    const auto newest = newest_.lock();
    const auto is_old = [&] { return Clock::now() - newest->counted_at >= std::chrono::milliseconds(100); };
    if (!newest->update.stock.text || (version != newest->version && is_old()))
      *newest = {queue::render(count(), false), version, Clock::now()};
    return newest->update;
  }

 private:
  struct Newest {
    queue::StockUpdate update;
    std::uint64_t version = 0;
    Clock::time_point counted_at{};
  };
  Guarded<Newest> newest_;
};

struct ReadModel::DateEntry {
  std::shared_ptr<const EventDate> date;
  std::shared_ptr<SeatMap> seat_map;
  mutable std::array<PageSlot, 3> seats;
  mutable PageSlot layout;
  mutable PageSlot availability;

  // Made at the first call. nullopt: the layout is too large to be made for this.
  std::optional<std::int64_t> layout_version(const Catalogue& catalogue) const {
    if (!has_small_layout(*date)) return std::nullopt;
    std::call_once(has_version_, [&] { version_ = layout_dto(*date, catalogue.layout_of(*date)).version; });
    return version_;
  }

 private:
  mutable std::once_flag has_version_;
  mutable std::int64_t version_ = 0;
};

struct ReadModel::EventEntry {
  std::shared_ptr<const Event> event;
  std::vector<std::shared_ptr<const DateEntry>> dates;  // by id
  std::shared_ptr<EventCounters> live;
  mutable PageSlot page;
  mutable std::array<PageSlot, 2> date_pages;
  mutable StockSlot stock_slot;

  EventAvailability now(bool with_categories) const {
    EventAvailability stock{.event = event.get(), .dates = {}, .holds = live->holds.load()};
    stock.dates.reserve(dates.size());
    for (const auto& date : dates) {
      stock.dates.push_back({date->date.get(), std::int64_t(date->seat_map->left())});
      if (!with_categories) continue;
      auto& of_date = stock.dates.back();
      of_date.by_category = date->seat_map->left_by_category();
      of_date.left = std::accumulate(of_date.by_category.begin(), of_date.by_category.end(), std::int64_t{0});
    }
    return stock;
  }
  EventAvailability with_layouts(const Catalogue& catalogue) const {
    EventAvailability stock = now(true);
    for (std::size_t i = 0; i < dates.size(); ++i)
      stock.dates[i].layout_version = dates[i]->layout_version(catalogue);
    return stock;
  }
};

struct ReadModel::Entries {
  using Lists = std::array<PageSlot, 5>;

  std::shared_ptr<const Catalogue> catalogue;
  std::vector<std::shared_ptr<const EventEntry>> ordered;  // by id
  absl::flat_hash_map<EventId, std::shared_ptr<const EventEntry>> events;
  absl::flat_hash_map<DateId, std::shared_ptr<const DateEntry>> dates;
  std::shared_ptr<Lists> lists;

  const EventEntry* event(EventId id) const {
    const auto at = events.find(id);
    return at == events.end() ? nullptr : at->second.get();
  }
  const DateEntry* date(DateId id) const {
    const auto at = dates.find(id);
    return at == dates.end() ? nullptr : at->second.get();
  }
};

ReadModel::ReadModel(SubmitJob submit)
    : submit_(std::move(submit)), entries_(rebuild(std::make_shared<const Catalogue>(), nullptr)) {}

std::shared_ptr<const ReadModel::Entries> ReadModel::entries() const { return *entries_.lock(); }

void ReadModel::replace(std::shared_ptr<const Entries> next) { entries_.lock()->swap(next); }

std::shared_ptr<const ReadModel::Entries> ReadModel::rebuild(std::shared_ptr<const Catalogue> catalogue,
                                                             const Entries* before) const {
  auto next = std::make_shared<Entries>();
  const auto new_layouts =
      before ? changed_layouts(*before->catalogue, *catalogue) : std::set<std::string_view>();
  absl::flat_hash_map<EventId, std::vector<std::shared_ptr<const DateEntry>>> dates_of;
  for (const auto& [id, date] : catalogue->dates) {
    const DateEntry* old = before ? before->date(id) : nullptr;
    if (old && old->date == date && !new_layouts.contains(date->layout)) {
      next->dates[id] = before->dates.at(id);
    } else {
      auto entry = std::make_shared<DateEntry>();
      entry->date = date;
      entry->seat_map = old ? old->seat_map : std::make_shared<SeatMap>(*date);
      next->dates[id] = std::move(entry);
    }
    dates_of[date->event].push_back(next->dates[id]);
  }
  for (const auto& [id, event] : catalogue->events) {
    const EventEntry* old = before ? before->event(id) : nullptr;
    auto& dates = dates_of[id];
    if (old && old->event == event && old->dates == dates) {
      next->events[id] = before->events.at(id);
    } else {
      auto entry = std::make_shared<EventEntry>();
      entry->event = event;
      entry->dates = std::move(dates);
      entry->live = old ? old->live : std::make_shared<EventCounters>();
      next->events[id] = std::move(entry);
    }
    next->ordered.push_back(next->events[id]);
  }
  const bool is_listed_alike = before && before->ordered == next->ordered;
  next->lists = is_listed_alike ? before->lists : std::make_shared<Entries::Lists>();
  next->catalogue = std::move(catalogue);
  return next;
}

void ReadModel::load(StartupState& store) {
  const auto next = rebuild(std::make_shared<const Catalogue>(store.catalogue()), nullptr);
  replace(next);
  store.read({.reservation = [&](const Reservation& row) { put({row, std::nullopt}, *next); }});
  store.read({.block = [&](const SeatBlock& block) {
    const EventDate* date = next->catalogue->date_of(block.seat);
    ensure(date != nullptr, "a blocked seat belongs to a date");
    SeatMap::Edit(*next->date(date->id)->seat_map).block(date->index_of(block.seat), true);
  }});
}

void ReadModel::count(const Reservation& row, int sign, EventCounters& live) {
  if (row.is_unpaid()) live.holds.fetch_add(sign, std::memory_order_relaxed);
  if (row.status != ReservationStatus::PAID) return;
  live.sold.fetch_add(sign, std::memory_order_relaxed);
  live.revenue.fetch_add(sign * row.price.amount, std::memory_order_relaxed);
}

void ReadModel::put(const Write<Reservation>& write, const Entries& now) {
  const Reservation& row = write.row;
  const DateEntry* date = now.date(row.date);
  const EventEntry* event = now.event(row.event);
  ensure(date && event && date->date->has(row.seat), "a reservation is for a seat that is in the read model");
  const std::size_t index = date->date->index_of(row.seat);
  const TimePoint until = row.is_unpaid() ? row.expires_at : kNever;
  if (row.takes_seat()) SeatMap::Edit(*date->seat_map).take(index, row.id, until);
  else SeatMap::Edit(*date->seat_map).release(index, row.id);
  if (write.stored) count(*write.stored, -1, *event->live);
  count(row, 1, *event->live);
  event->live->version.fetch_add(1, std::memory_order_release);
  version_.fetch_add(1, std::memory_order_release);
}

// O(rows): locks seat maps briefly and does not touch pages. Readers see higher versions.
void ReadModel::on_commit(const Batch& batch) {
  auto now = entries();
  if (!batch.catalogue.empty()) {
    auto catalogue = std::make_shared<const Catalogue>(with_changes(*now->catalogue, batch.catalogue));
    now = rebuild(std::move(catalogue), now.get());
    replace(now);
  }
  for (const auto& write : batch.reservations.rows()) put(write, *now);
  for (const auto& write : batch.blocks.rows()) {
    const EventDate* date = now->catalogue->date_of(write.row.seat);
    ensure(date != nullptr, "a blocked seat belongs to a date");
    SeatMap::Edit(*now->date(date->id)->seat_map).block(date->index_of(write.row.seat), write.row.blocked);
    now->event(date->event)->live->version.fetch_add(1, std::memory_order_release);
    version_.fetch_add(1, std::memory_order_release);
  }
}

std::shared_ptr<const Catalogue> ReadModel::catalogue() const { return (*entries_.lock())->catalogue; }

PageTicket ReadModel::events(std::optional<EventStatus> status, TimePoint now, PageNeeds needs) const {
  const auto all = entries();
  const PageSlot::Request request{.version = version_,
                                  .now = now,
                                  .asked_at = needs.asked_at,
                                  .is_small = all->ordered.size() <= kSmallEvent,
                                  .gzip = needs.gzip,
                                  .only_head = needs.only_head,
                                  .submit = submit_,
                                  .owner = all};
  return (*all->lists)[slot_of(status)].get(request, [listed = all.get(), status, now] {
    std::vector<EventAvailability> stocks;
    stocks.reserve(listed->ordered.size());
    for (const auto& event : listed->ordered) stocks.push_back(event->now(false));
    return render_events(stocks, status, now);
  });
}

PageSlot::Request ReadModel::request_of(const EventEntry& event, std::shared_ptr<const Entries> all,
                                        TimePoint now, const PageNeeds& needs) const {
  return {.version = event.live->version,
          .now = now,
          .asked_at = needs.asked_at,
          .is_small = event.dates.size() <= kSmallEvent,
          .gzip = needs.gzip,
          .only_head = needs.only_head,
          .submit = submit_,
          .owner = std::move(all)};
}

PageSlot::Request ReadModel::request_of(const std::atomic<std::uint64_t>& version,
                                        std::shared_ptr<const Entries> all, bool is_small,
                                        const PageNeeds& needs) const {
  return {.version = version,
          .now = TimePoint::min(),
          .asked_at = needs.asked_at,
          .is_small = is_small,
          .gzip = needs.gzip,
          .only_head = needs.only_head,
          .submit = submit_,
          .owner = std::move(all)};
}

Result<PageTicket> ReadModel::event(EventId id, TimePoint now, PageNeeds needs) const {
  const auto all = entries();
  const EventEntry* event = all->event(id);
  if (!event) return unknown_event(id);
  return event->page.get(request_of(*event, all, now, needs), [event, now, catalogue = all->catalogue.get()] {
    return render_event(event->with_layouts(*catalogue), now);
  });
}

Result<PageTicket> ReadModel::dates(EventId id, DatesWanted wanted, TimePoint now, PageNeeds needs) const {
  const auto all = entries();
  const EventEntry* event = all->event(id);
  if (!event) return unknown_event(id);
  return event->date_pages[std::size_t(wanted)].get(
      request_of(*event, all, now, needs),
      [event, wanted, now] { return render_dates(event->now(true), wanted, now); });
}

Result<PageTicket> ReadModel::seats(DateId id, std::optional<SeatStatus> status, PageNeeds needs) const {
  const auto all = entries();
  const DateEntry* date = all->date(id);
  if (!date || date->date->deleted_at) return unknown_date(id);
  if (date->seat_map->left() == 0) {
    return refuse(Code::NO_SEAT_AVAILABLE, fmt::format("No seat is left for date {}.", id.value));
  }
  return date->seats[slot_of(status)].get(
      request_of(date->seat_map->version(), all, is_small(*date->date), needs),
      [date, status] { return render_seats(*date->date, date->seat_map->occupied(), status); });
}

Result<PageTicket> ReadModel::layout(DateId id, PageNeeds needs) const {
  static const std::atomic<std::uint64_t> never_changes{1};  // a date whose layout changes has a new entry
  const auto all = entries();
  const DateEntry* date = all->date(id);
  if (!date || date->date->deleted_at) return unknown_date(id);
  return date->layout.get(request_of(never_changes, all, has_small_layout(*date->date), needs),
                          [date, known = all->catalogue.get()] {
                            return render_layout(*date->date, known->layout_of(*date->date));
                          });
}

Result<PageTicket> ReadModel::availability(DateId id, PageNeeds needs) const {
  const auto all = entries();
  const DateEntry* date = all->date(id);
  if (!date || date->date->deleted_at) return unknown_date(id);
  return date->availability.get(request_of(date->seat_map->version(), all, true, needs), [date] {
    return render_availability(*date->date, date->seat_map->occupied());
  });
}

Result<std::string> ReadModel::seat(SeatId id, TimePoint now) const {
  const auto all = entries();
  const EventDate* found = all->catalogue->date_of(id);
  if (!found || found->deleted_at) return refuse(Code::SEAT_NOT_FOUND, "There is no such seat.");
  const DateEntry& date = *all->date(found->id);
  const EventAvailability stock = all->event(found->event)->now(true);
  return render_seat(stock, found->id, id, date.seat_map->is_occupied(found->index_of(id)), now);
}

void ReadModel::drop_unasked(TimePoint before) const {
  const auto all = entries();
  for (auto& list : *all->lists) list.drop_unasked(before);
  for (const auto& event : all->ordered) {
    event->page.drop_unasked(before);
    for (auto& page : event->date_pages) page.drop_unasked(before);
  }
  for (const auto& [id, date] : all->dates) {
    for (auto& page : date->seats) page.drop_unasked(before);
    date->layout.drop_unasked(before);
    date->availability.drop_unasked(before);
  }
}

std::optional<ReadModel::LiveDate> ReadModel::live(DateId id) const {
  const auto all = entries();
  const DateEntry* date = all->date(id);
  if (!date || date->date->deleted_at) return std::nullopt;
  return LiveDate{date->date, date->seat_map};
}

std::optional<EventId> ReadModel::event_of(DateId id) const {
  const auto date = live(id);
  return date ? std::optional(date->date->event) : std::nullopt;
}

std::int64_t ReadModel::left(DateId id) const {
  const auto all = entries();
  const DateEntry* date = all->date(id);
  return date ? std::int64_t(date->seat_map->left()) : 0;
}

std::optional<queue::StockUpdate> ReadModel::stock_update(EventId id) const {
  const auto all = entries();
  const EventEntry* event = all->event(id);
  if (!event) return std::nullopt;
  std::int64_t left = 0;
  bool has_dates = false;
  for (const auto& date : event->dates) {
    if (date->date->deleted_at) continue;
    has_dates = true;
    left += std::int64_t(date->seat_map->left());
  }
  queue::StockUpdate update = event->stock_slot.get(event->live->version.load(), [&] {
    queue::Stock counted;
    std::map<std::pair<std::string, Won>, std::int64_t> seats_left;
    for (const auto& date : event->dates) {
      if (date->date->deleted_at) continue;
      std::vector<std::int64_t> by_category(date->date->categories.size());
      const SeatBits occupied = date->seat_map->occupied();
      for (std::size_t i = 0; i < date->date->seats.size(); ++i)
        by_category[date->date->seats[i].category] += !occupied.test(i);
      for (std::size_t i = 0; i < by_category.size(); ++i) {
        const Category& category = date->date->categories[i];
        seats_left[{category.name, category.price}] += by_category[i];
        counted.seatsLeft += by_category[i];
      }
    }
    for (const auto& [category, seats] : seats_left)
      counted.categories.push_back({category.first, category.second, seats});
    return counted;
  });
  update.sold_out = has_dates && left == 0 && event->live->holds.load() == 0;
  return update;
}

Sales ReadModel::sales(EventId id) const {
  const auto all = entries();
  const EventEntry* event = all->event(id);
  if (!event) return {};
  const EventCounters& live = *event->live;
  return {.holds = live.holds.load(), .sold = live.sold.load(), .revenue = {live.revenue.load()}};
}

}  // namespace stagedoor::catalogue
