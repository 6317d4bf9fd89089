#include "modules/catalogue/render.h"

#include <algorithm>

#include "json/write.h"

namespace stagedoor::catalogue {
namespace {

constexpr std::string_view kBegin = R"({"success":true,"data":)";

// The next time at which "now is inside the window" changes.
void note_change(const Window& window, TimePoint now, TimePoint& next) {
  for (const TimePoint edge : {window.from, window.until}) {
    if (edge > now) next = std::min(next, edge);
  }
}

// The same for "the date can be booked".
void note_change(const EventDate& date, TimePoint now, TimePoint& next) {
  note_change(date.booking, now, next);
  if (date.starts_at > now) next = std::min(next, date.starts_at);
}

struct Seats {
  std::int64_t left = 0;
  std::int64_t total = 0;
};

Seats seats_of(const EventAvailability& stock) {
  Seats seats;
  for (const auto& of_date : stock.dates) {
    if (of_date.date->deleted_at) continue;
    seats.left += of_date.left;
    seats.total += std::int64_t(of_date.date->seats.size());
  }
  return seats;
}

template <class Dto>
Dto event_dto(const EventAvailability& stock, TimePoint now) {
  const Seats seats = seats_of(stock);
  const Event& event = *stock.event;
  Dto dto;
  dto.id = event.id;
  dto.name = event.name;
  dto.performer = event.performer;
  dto.venue = event.venue;
  dto.timeZone = event.time_zone;
  dto.saleStartDate = event.on_sale.from;
  dto.saleEndDate = event.on_sale.until;
  dto.status = status_of(stock, now);
  dto.seatCount = seats.left;
  dto.heldSeats = stock.holds;
  dto.totalSeats = seats.total;
  dto.createdAt = event.created_at;
  dto.updatedAt = event.updated_at;
  return dto;
}

EventRulesDto rules_dto(const Event& event) {
  const auto seconds = [](Millis time) { return std::chrono::round<std::chrono::seconds>(time).count(); };
  return {.seatsPerUser = event.policy.seats_per_user,
          .holdSeconds = seconds(event.policy.hold_ttl),
          .turnSeconds = seconds(event.queue.active_ttl),
          .drawn = event.queue.order == LineOrder::draw,
          .gatherFrom = event.queue.gather_from,
          .refundUntil = event.policy.refund_until};
}

EventDateDto date_dto(const DateAvailability& stock) {
  const EventDate& date = *stock.date;
  EventDateDto dto;
  dto.id = date.id;
  dto.eventId = date.event;
  dto.eventDate = dto.startDate = date.starts_at;
  dto.bookStartDate = date.booking.from;
  dto.bookEndDate = date.booking.until;
  dto.seatCount = stock.left;
  dto.totalSeats = std::int64_t(date.seats.size());
  for (std::size_t i = 0; i < stock.by_category.size(); ++i)
    dto.prices.push_back({date.categories[i].name, date.categories[i].price, stock.by_category[i]});
  dto.createdAt = date.created_at;
  dto.updatedAt = date.updated_at;
  dto.deletedAt = date.deleted_at;
  return dto;
}

// Where the seat is, in a layout with sections.
void note_place(const EventDate& date, const Seat& seat, SeatDto& dto) {
  if (seat.row == 0) return;
  const std::string& section = date.sections[seat.section];
  if (!dto.section || *dto.section != section) dto.section = section;
  dto.row = seat.row;
  dto.numberInRow = seat.number_in_row;
}

Rendering begin() { return {.body = std::string(kBegin)}; }
Rendering begin_personal() { return {.body = std::string(kBegin), .cache_control = kForOneCaller}; }

// Writes the elements of a list one by one, so that a long one is not built twice.
class ListWriter {
 public:
  explicit ListWriter(std::string& out) : out_(out) { out_ += '['; }
  template <class Dto>
  void add(const Dto& dto) {
    json::write(out_, dto);
    out_ += ',';
  }
  void end() {
    if (out_.back() == ',') out_.back() = ']';
    else out_ += ']';
  }

 private:
  std::string& out_;
};

}  // namespace

EventStatus status_of(const EventAvailability& stock, TimePoint now) {
  const Event& event = *stock.event;
  if (event.closed || now >= event.on_sale.until) return EventStatus::CLOSED;
  if (now < event.on_sale.from) return EventStatus::UPCOMING;
  const Seats seats = seats_of(stock);
  return seats.total > 0 && seats.left == 0 && stock.holds == 0 ? EventStatus::SOLD_OUT
                                                                : EventStatus::ON_SALE;
}

bool is_bookable(const Event& event, const DateAvailability& stock, TimePoint now) {
  return event.is_on_sale(now) && stock.date->booking.contains(now) && now < stock.date->starts_at &&
         !stock.date->deleted_at && stock.left > 0;
}

Rendering render_events(std::span<const EventAvailability> stocks, std::optional<EventStatus> status,
                        TimePoint now) {
  Rendering page = begin();
  ListWriter list(page.body);
  for (const auto& stock : stocks) {
    note_change(stock.event->on_sale, now, page.valid_until);
    const auto dto = event_dto<EventDto>(stock, now);
    if (!status || dto.status == *status) list.add(dto);
  }
  list.end();
  page.body += '}';
  return page;
}

Rendering render_event(const EventAvailability& stock, TimePoint now) {
  Rendering page = begin();
  auto dto = event_dto<EventWithDatesDto>(stock, now);
  dto.rules = rules_dto(*stock.event);
  note_change(stock.event->on_sale, now, page.valid_until);
  for (const auto& date : stock.dates) {
    if (date.date->deleted_at) continue;
    note_change(*date.date, now, page.valid_until);
    dto.dates.push_back(date_dto(date));
    dto.dates.back().bookable = is_bookable(*stock.event, date, now);
    if (date.layout_version) dto.dates.back().layoutVersion = *date.layout_version;
  }
  json::write(page.body, dto);
  page.body += '}';
  return page;
}

Rendering render_dates(const EventAvailability& stock, DatesWanted wanted, TimePoint now) {
  Rendering page = begin_personal();
  note_change(stock.event->on_sale, now, page.valid_until);
  ListWriter list(page.body);
  for (const auto& date : stock.dates) {
    note_change(*date.date, now, page.valid_until);
    const bool bookable = is_bookable(*stock.event, date, now);
    if (wanted == DatesWanted::bookable && !bookable) continue;
    EventDateDto dto = date_dto(date);
    if (wanted == DatesWanted::all) dto.bookable = bookable;
    list.add(dto);
  }
  list.end();
  page.body += '}';
  return page;
}

std::string render_seat(const EventAvailability& stock, DateId date_id, SeatId id, bool is_occupied,
                        TimePoint now) {
  const auto stock_of_date = std::ranges::find_if(
      stock.dates, [&](const DateAvailability& of_date) { return of_date.date->id == date_id; });
  const EventDate& date = *stock_of_date->date;
  const Seat& seat = date.seat(id);
  const Category& category = date.category_of(id);
  SeatWithEventDto dto;
  dto.id = id;
  dto.seatNumber = seat.number;
  dto.status = is_occupied ? SeatStatus::OCCUPIED : SeatStatus::AVAILABLE;
  dto.eventDateId = date_id;
  dto.seatProperty = {category.id, category.name, category.price};
  note_place(date, seat, dto);
  dto.eventDate = date_dto(*stock_of_date);
  dto.eventDate.bookable = is_bookable(*stock.event, *stock_of_date, now);
  dto.event = event_dto<EventDto>(stock, now);
  std::string body(kBegin);
  json::write(body, dto);
  return body + '}';
}

bool is_small(const EventDate& date) {
  constexpr std::size_t kSmallDate = 512;  // seats; rendering takes 0.1 ms, compressing 0.7 ms
  return date.seats.size() <= kSmallDate;
}

Rendering render_seats(const EventDate& date, const SeatBits& occupied, std::optional<SeatStatus> status) {
  Rendering page = begin_personal();
  page.body += R"({"seat":)";
  append_seats(page.body, date, occupied, status);
  page.body += "}}";
  return page;
}

void append_seats(std::string& out, const EventDate& date, const SeatBits& occupied,
                  std::optional<SeatStatus> status) {
  constexpr std::size_t kBytesPerSeat = 160;  // an estimate, so that the text seldom grows
  out.reserve(out.size() + date.seats.size() * kBytesPerSeat);
  ListWriter list(out);
  // One DTO per category, changed from seat to seat: most of a seat's text is its category's.
  std::vector<SeatDto> of_category(date.categories.size());
  for (std::size_t i = 0; i < of_category.size(); ++i) {
    const Category& category = date.categories[i];
    of_category[i].eventDateId = date.id;
    of_category[i].seatProperty = {category.id, category.name, category.price};
  }
  for (std::size_t i = 0; i < date.seats.size(); ++i) {
    const Seat& seat = date.seats[i];
    SeatDto& dto = of_category[seat.category];
    dto.status = occupied.test(i) ? SeatStatus::OCCUPIED : SeatStatus::AVAILABLE;
    if (status && dto.status != *status) continue;
    dto.id = date.seat_id(i);
    dto.seatNumber = seat.number;
    note_place(date, seat, dto);
    list.add(dto);
  }
  list.end();
}

}  // namespace stagedoor::catalogue
