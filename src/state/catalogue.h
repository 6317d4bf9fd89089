// The catalogue: events, their dates, layouts, seats and prices, and the policies. An immutable snapshot: a
// change makes a new one, which shares unchanged dates. So any thread may read it without a lock.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/money.h"
#include "core/time.h"

namespace stagedoor {

BOOST_DEFINE_ENUM_CLASS(Admission, interval, capacity, both)
BOOST_DEFINE_ENUM_CLASS(LineOrder, fifo, draw)

// The admission policy of an event's waiting room (R-Q10 – R-Q15). Names as in the catalogue file (R-K4).
struct QueuePolicy {
  Admission admission = Admission::interval;
  std::int64_t people = 3000;    // maximum in any window of length `every`
  Millis every{10'000};          // at most 1 h
  std::int64_t capacity = 1000;  // maximum number of users inside
  Millis active_ttl{300'000};
  Millis visit_max{1'800'000};
  Millis presence_timeout{60'000};
  double return_share = 0.2;    // maximum share of the admissions for users who return after their turn
  double priority_share = 0.1;  // and for users with priority
  Millis poll_min{1000};        // 0 switches the poll limit off
  Millis poll_max{30'000};
  bool spread = false;  // spread the admissions of an interval over it
  LineOrder order = LineOrder::fifo;
  std::optional<TimePoint> gather_from{};
  // A public source whose value becomes known only after the opening. The value is an input of the draw. "":
  // none.
  std::string beacon{};
  // Places ever given; beyond it nobody can join (R-A3).
  std::int64_t places_max = 2'000'000;
};
BOOST_DESCRIBE_STRUCT(QueuePolicy, (),
                      (admission, people, every, capacity, active_ttl, visit_max, presence_timeout,
                       return_share, priority_share, poll_min, poll_max, spread, order, gather_from, beacon,
                       places_max))

// The sale policy of an event (R-S4, R-S8, R-P6).
struct SalePolicy {
  std::int64_t seats_per_user = 4;  // live holds + paid seats
  Millis hold_ttl{300'000};
  Millis rehold_cooldown{0};
  std::optional<TimePoint> refund_until{};  // nullopt: the owner may not refund
};
BOOST_DESCRIBE_STRUCT(SalePolicy, (), (seats_per_user, hold_ttl, rehold_cooldown, refund_until))

// Half-open: from <= now < until.
struct Window {
  TimePoint from{};
  TimePoint until{};
  bool contains(TimePoint now) const { return from <= now && now < until; }
  friend bool operator==(const Window&, const Window&) = default;
};
BOOST_DESCRIBE_STRUCT(Window, (), (from, until))

inline const std::string kDefaultTimeZone = "Asia/Seoul";

struct Event {
  EventId id;
  std::string name;
  std::string performer;
  std::string venue;
  Window on_sale;
  QueuePolicy queue;
  SalePolicy policy;
  bool closed = false;  // by an operator, who may open it again
  bool paused = false;  // no admissions
  TimePoint created_at{};
  TimePoint updated_at{};
  std::string time_zone = kDefaultTimeZone;  // IANA name; the days of its dates are meant in it
  // What imports said last of each of its fields, as JSON; "": it was never imported (R-K4).
  std::string imported;
  std::optional<TimePoint> paused_since{};
  std::string paused_text{};  // what fans are told of the pause

  bool is_on_sale(TimePoint now) const { return !closed && on_sale.contains(now); }
  bool is_over(TimePoint now) const { return closed || now >= on_sale.until; }
};
BOOST_DESCRIBE_STRUCT(Event, (),
                      (id, name, performer, venue, on_sale, queue, policy, closed, paused, created_at,
                       updated_at, time_zone, imported, paused_since, paused_text))

struct Category {
  CategoryId id;
  std::string name;
  Won price;
};
BOOST_DESCRIBE_STRUCT(Category, (), (id, name, price))

struct Seat {
  std::int32_t number = 0;         // 1… within the date, unique there
  std::int32_t number_in_row = 0;  // 1… within its row; = number in a layout without sections
  std::uint16_t section = 0;       // index into EventDate::sections
  std::uint16_t row = 0;           // 1… within the section; 0 in a layout without sections
  std::uint16_t category = 0;      // index into EventDate::categories
};
BOOST_DESCRIBE_STRUCT(Seat, (), (number, number_in_row, section, row, category))

// One performance. Its seats have the ids first_seat, first_seat + 1, … in the order of `seats`, for ever.
struct EventDate {
  DateId id;
  EventId event;
  TimePoint starts_at{};
  Window booking;
  std::string layout;  // name of the layout it was made from
  SeatId first_seat;
  std::vector<std::string> sections;  // names; one "" when the layout has none
  std::vector<Category> categories;
  std::vector<Seat> seats;
  TimePoint created_at{};
  TimePoint updated_at{};
  std::optional<TimePoint> deleted_at{};
  std::string imported;  // as that of its event

  bool has(SeatId seat) const {
    return seat >= first_seat && seat.value < first_seat.value + std::int64_t(seats.size());
  }
  SeatId seat_id(std::size_t index) const { return {first_seat.value + std::int64_t(index)}; }
  std::size_t index_of(SeatId seat) const {
    return std::size_t(seat.value - first_seat.value);
  }  // requires has(seat)
  const Seat& seat(SeatId id_) const { return seats[index_of(id_)]; }
  const Category& category_of(SeatId id_) const { return categories[seat(id_).category]; }
};
BOOST_DESCRIBE_STRUCT(EventDate, (),
                      (id, event, starts_at, booking, layout, first_seat, sections, categories, seats,
                       created_at, updated_at, deleted_at, imported))

// A date that an operator has cancelled: it is deleted for good, and its reservations end in pieces, in the
// order of the seats. With `carry_to` who has paid gets the same seat of that date if it is free there, and
// otherwise the money back. The numbers are of the pieces that are done.
struct DateCancellation {
  DateId date;
  std::string reason;  // what fans are told
  std::string operator_name;
  TimePoint begun_at{};
  std::optional<TimePoint> finished_at{};
  DateId carry_to;  // 0: nobody is carried over
  std::int64_t seats_done = 0;
  std::int64_t refunded = 0;
  Won refunded_amount;
  std::int64_t carried = 0;
  Won carried_amount;
};
BOOST_DESCRIBE_STRUCT(DateCancellation, (),
                      (date, reason, operator_name, begun_at, finished_at, carry_to, seats_done, refunded,
                       refunded_amount, carried, carried_amount))

// A point of a drawing, in the distance of two neighbouring seats. The stage is at the origin, x grows to the
// right, y downwards.
struct Point {
  double x = 0;
  double y = 0;
  bool operator==(const Point&) const = default;
};
BOOST_DESCRIBE_STRUCT(Point, (), (x, y))

// A layout as in a catalogue file: either `seats` + `category`, or `sections`.
struct LayoutSection {
  std::string name;
  std::int64_t rows = 0;
  std::int64_t seats_per_row = 0;
  std::string category;
  // Where the section is drawn (R-C9); all sections of a layout have `at`, or none.
  std::optional<Point> at{};  // the middle of its front row
  double angle = 0;           // degrees, clockwise, around `at`; 0: the stage is towards the top
  double curve = 0;           // radius of the front row, which is an arc around the stage's side; 0: straight
  bool operator==(const LayoutSection&) const = default;
};
BOOST_DESCRIBE_STRUCT(LayoutSection, (), (name, rows, seats_per_row, category, at, angle, curve))

struct Layout {
  std::int64_t seats = 0;  // numbered 1–seats, when there are no sections
  std::string category;
  std::vector<LayoutSection> sections;
  bool operator==(const Layout&) const = default;
};
BOOST_DESCRIBE_STRUCT(Layout, (), (seats, category, sections))

// A text that was imported, by its SHA-256 in hex digits, and the row of the audit log of its last import:
// the highest is the newest (R-K4).
struct ImportedText {
  std::string digest;
  LogId log;
};
BOOST_DESCRIBE_STRUCT(ImportedText, (), (digest, log))

class Catalogue {
 public:
  // Ordered by id.
  std::map<EventId, std::shared_ptr<const Event>> events;
  std::map<DateId, std::shared_ptr<const EventDate>> dates;
  std::map<SeatId, DateId> dates_by_first_seat;
  std::map<std::string, Layout> layouts;
  std::map<std::string, LogId> imports;  // see ImportedText
  std::map<DateId, DateCancellation> cancellations;

  const Event* event(EventId id) const {
    const auto at = events.find(id);
    return at == events.end() ? nullptr : at->second.get();
  }
  const EventDate* date(DateId id) const {
    const auto at = dates.find(id);
    return at == dates.end() ? nullptr : at->second.get();
  }
  // nullptr: the date is not cancelled.
  const DateCancellation* cancellation(DateId id) const {
    const auto at = cancellations.find(id);
    return at == cancellations.end() ? nullptr : &at->second;
  }
  // The layout that the date was made from, as it is now; nullptr if the date names none.
  const Layout* layout_of(const EventDate& date) const {
    const auto at = layouts.find(date.layout);
    return at == layouts.end() ? nullptr : &at->second;
  }
  // The date of this seat; nullptr if there is none.
  const EventDate* date_of(SeatId seat) const {
    auto at = dates_by_first_seat.upper_bound(seat);
    if (at == dates_by_first_seat.begin()) return nullptr;
    const EventDate* found = date((--at)->second);
    return found && found->has(seat) ? found : nullptr;
  }
};

}  // namespace stagedoor
