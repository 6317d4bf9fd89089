#include "modules/catalog/shelf.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "core/ensure.h"
#include "core/refusals.h"
#include "modules/catalog/model.h"

namespace stagedoor::catalog {
namespace {

constexpr std::size_t kSmallDate = 512;  // seats: rendering so few takes less than 0.1 ms
constexpr std::size_t kSmallEvent = 50;  // dates

std::size_t slot_of(std::optional<SeatStatus> status) { return status ? 1 + std::size_t(*status) : 0; }
std::size_t slot_of(std::optional<EventStatus> status) { return status ? 1 + std::size_t(*status) : 0; }

}  // namespace

struct Shelf::Live {
  std::atomic<std::uint64_t> version{1};
  std::atomic<std::int64_t> holds{0};
  std::atomic<std::int64_t> sold{0};
  std::atomic<std::int64_t> revenue{0};
};

// The seats left of an event by category, counted and rendered anew at most every 100 ms.
class StockSlot {
 public:
  using Clock = std::chrono::steady_clock;

  template <class Count>
  StockNews get(std::uint64_t version, const Count& count) {
    const auto newest = newest_.lock();
    const auto is_old = [&] { return Clock::now() - newest->counted_at >= std::chrono::milliseconds(100); };
    if (!newest->news.stock.text || (version != newest->version && is_old()))
      *newest = {news_of(count(), false), version, Clock::now()};
    return newest->news;
  }

 private:
  struct Newest {
    StockNews news;
    std::uint64_t version = 0;
    Clock::time_point counted_at{};
  };
  Guarded<Newest> newest_;
};

struct Shelf::DateOnShelf {
  std::shared_ptr<const EventDate> date;
  std::shared_ptr<Board> board;
  mutable std::array<PageSlot, 3> seats;
};

struct Shelf::OnShelf {
  std::shared_ptr<const Event> event;
  std::vector<std::shared_ptr<const DateOnShelf>> dates;  // by id
  std::shared_ptr<Live> live;
  mutable PageSlot page;
  mutable std::array<PageSlot, 2> date_pages;
  mutable StockSlot stock_slot;

  EventStock now() const {
    EventStock stock{event.get(), {}};
    stock.dates.reserve(dates.size());
    for (const auto& date : dates)
      stock.dates.push_back({date->date.get(), std::int64_t(date->board->left())});
    return stock;
  }
};

struct Shelf::Stock {
  std::shared_ptr<const Catalogue> catalogue;
  std::vector<std::shared_ptr<const OnShelf>> ordered;  // by id
  absl::flat_hash_map<EventId, const OnShelf*> events;
  absl::flat_hash_map<DateId, std::shared_ptr<const DateOnShelf>> dates;
  mutable std::array<PageSlot, 5> lists;

  const OnShelf* event(EventId id) const {
    const auto at = events.find(id);
    return at == events.end() ? nullptr : at->second;
  }
  const DateOnShelf* date(DateId id) const {
    const auto at = dates.find(id);
    return at == dates.end() ? nullptr : at->second.get();
  }
};

Shelf::Shelf() : stock_(restock(std::make_shared<const Catalogue>(), nullptr)) {}

std::shared_ptr<const Shelf::Stock> Shelf::stock() const { return *stock_.lock(); }

void Shelf::replace(std::shared_ptr<const Stock> next) { stock_.lock()->swap(next); }

std::shared_ptr<const Shelf::Stock> Shelf::restock(std::shared_ptr<const Catalogue> catalogue,
                                                   const Stock* before) const {
  auto next = std::make_shared<Stock>();
  absl::flat_hash_map<EventId, std::vector<std::shared_ptr<const DateOnShelf>>> dates_of;
  for (const auto& [id, date] : catalogue->dates) {
    const DateOnShelf* old = before ? before->date(id) : nullptr;
    if (old && old->date == date) {
      next->dates[id] = before->dates.at(id);
    } else {
      auto shelved = std::make_shared<DateOnShelf>();
      shelved->date = date;
      shelved->board = old ? old->board : std::make_shared<Board>(date->seats.size());
      next->dates[id] = std::move(shelved);
    }
    dates_of[date->event].push_back(next->dates[id]);
  }
  for (const auto& [id, event] : catalogue->events) {
    const OnShelf* old = before ? before->event(id) : nullptr;
    auto shelved = std::make_shared<OnShelf>();
    shelved->event = event;
    shelved->dates = std::move(dates_of[id]);
    shelved->live = old ? old->live : std::make_shared<Live>();
    next->events[id] = shelved.get();
    next->ordered.push_back(std::move(shelved));
  }
  next->catalogue = std::move(catalogue);
  return next;
}

void Shelf::load(StartupState& store) {
  const auto next = restock(std::make_shared<const Catalogue>(store.catalogue()), nullptr);
  replace(next);
  store.read({.reservation = [&](const Reservation& row) { put({row, std::nullopt}, *next); }});
  store.read({.block = [&](const SeatBlock& block) {
    const EventDate* date = next->catalogue->date_of(block.seat);
    ensure(date != nullptr, "a blocked seat belongs to a date");
    Board::Edit(*next->date(date->id)->board).block(date->index_of(block.seat), true);
  }});
}

void Shelf::count(const Reservation& row, int sign, Live& live) {
  if (row.is_unpaid()) live.holds.fetch_add(sign, std::memory_order_relaxed);
  if (row.status != ReservationStatus::PAID) return;
  live.sold.fetch_add(sign, std::memory_order_relaxed);
  live.revenue.fetch_add(sign * row.price.amount, std::memory_order_relaxed);
}

void Shelf::put(const Write<Reservation>& write, const Stock& stock) {
  const Reservation& row = write.row;
  const DateOnShelf* date = stock.date(row.date);
  const OnShelf* event = stock.event(row.event);
  ensure(date && event && date->date->has(row.seat), "a reservation is for a seat that is on the shelf");
  const std::size_t index = date->date->index_of(row.seat);
  if (row.takes_seat()) Board::Edit(*date->board).take(index, row.id);
  else Board::Edit(*date->board).release(index, row.id);
  if (write.stored) count(*write.stored, -1, *event->live);
  count(row, 1, *event->live);
  event->live->version.fetch_add(1, std::memory_order_release);
  version_.fetch_add(1, std::memory_order_release);
}

// O(rows): boards are locked for a bit each, pages are not touched. Readers find the versions risen.
void Shelf::on_commit(const Batch& batch) {
  auto now = stock();
  if (!batch.catalogue.empty()) {
    auto catalogue = std::make_shared<const Catalogue>(with_changes(*now->catalogue, batch.catalogue));
    now = restock(std::move(catalogue), now.get());
    replace(now);
  }
  for (const auto& write : batch.reservations.rows()) put(write, *now);
  for (const auto& write : batch.blocks.rows()) {
    const EventDate* date = now->catalogue->date_of(write.row.seat);
    ensure(date != nullptr, "a blocked seat belongs to a date");
    Board::Edit(*now->date(date->id)->board).block(date->index_of(write.row.seat), write.row.blocked);
    now->event(date->event)->live->version.fetch_add(1, std::memory_order_release);
    version_.fetch_add(1, std::memory_order_release);
  }
}

std::shared_ptr<const Catalogue> Shelf::catalogue() const { return (*stock_.lock())->catalogue; }

PagePtr Shelf::events(std::optional<EventStatus> status, TimePoint now) const {
  const auto all = stock();
  const PageSlot::Wish wish{version_, now, all->ordered.size() <= kSmallEvent};
  return all->lists[slot_of(status)].get(wish, [&] {
    std::vector<EventStock> stocks;
    stocks.reserve(all->ordered.size());
    for (const auto& event : all->ordered) stocks.push_back(event->now());
    return render_events(stocks, status, now);
  });
}

Result<PagePtr> Shelf::event(EventId id, TimePoint now) const {
  const auto all = stock();
  const OnShelf* event = all->event(id);
  if (!event) return unknown_event(id);
  const PageSlot::Wish wish{event->live->version, now, event->dates.size() <= kSmallEvent};
  return event->page.get(wish, [&] { return render_event(event->now(), now); });
}

Result<PagePtr> Shelf::dates(EventId id, DatesWanted wanted, TimePoint now) const {
  const auto all = stock();
  const OnShelf* event = all->event(id);
  if (!event) return unknown_event(id);
  const PageSlot::Wish wish{event->live->version, now, event->dates.size() <= kSmallEvent};
  return event->date_pages[std::size_t(wanted)].get(wish,
                                                    [&] { return render_dates(event->now(), wanted, now); });
}

Result<PagePtr> Shelf::seats(DateId id, std::optional<SeatStatus> status) const {
  const auto all = stock();
  const DateOnShelf* date = all->date(id);
  if (!date || date->date->deleted_at) return unknown_date(id);
  if (date->board->left() == 0) {
    return refuse(Code::NO_SEAT_AVAILABLE, fmt::format("No seat is left for date {}.", id.value));
  }
  const PageSlot::Wish wish{date->board->version(), TimePoint::min(), date->date->seats.size() <= kSmallDate};
  return date->seats[slot_of(status)].get(
      wish, [&] { return render_seats(*date->date, date->board->occupied(), status); });
}

std::optional<Shelf::LiveDate> Shelf::live(DateId id) const {
  const auto all = stock();
  const DateOnShelf* date = all->date(id);
  if (!date || date->date->deleted_at) return std::nullopt;
  return LiveDate{date->date, date->board};
}

std::optional<EventId> Shelf::event_of(DateId id) const {
  const auto date = live(id);
  return date ? std::optional(date->date->event) : std::nullopt;
}

std::int64_t Shelf::left(DateId id) const {
  const auto all = stock();
  const DateOnShelf* date = all->date(id);
  return date ? std::int64_t(date->board->left()) : 0;
}

std::optional<StockNews> Shelf::stock_news(EventId id) const {
  const auto all = stock();
  const OnShelf* event = all->event(id);
  if (!event) return std::nullopt;
  std::int64_t left = 0;
  for (const auto& date : event->dates)
    if (!date->date->deleted_at) left += std::int64_t(date->board->left());
  StockNews news = event->stock_slot.get(event->live->version.load(), [&] {
    stagedoor::Stock counted;
    std::map<std::pair<std::string, Won>, std::int64_t> seats_left;
    for (const auto& date : event->dates) {
      if (date->date->deleted_at) continue;
      std::vector<std::int64_t> by_category(date->date->categories.size());
      const SeatBits occupied = date->board->occupied();
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
  news.sold_out = left == 0 && event->live->holds.load() == 0;
  return news;
}

Sales Shelf::sales(EventId id) const {
  const auto all = stock();
  const OnShelf* event = all->event(id);
  if (!event) return {};
  const Live& live = *event->live;
  return {.holds = live.holds.load(), .sold = live.sold.load(), .revenue = {live.revenue.load()}};
}

}  // namespace stagedoor::catalog
