// The catalogue's form in the API (R-C1 – R-C4): the DTOs, and the answers made from them. Pure;
// rendered_page.h keeps the bytes, read_model.h provides the rows.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "json/types.h"
#include "modules/catalogue/rendered_page.h"
#include "modules/catalogue/seat_map.h"
#include "state/catalogue.h"

namespace stagedoor::catalogue {

// UPCOMING: before the sale window. SOLD_OUT: no seat left in any date, and none that is only held. CLOSED:
// after the window, or by an operator.
BOOST_DEFINE_ENUM_CLASS(EventStatus, UPCOMING, ON_SALE, SOLD_OUT, CLOSED)
BOOST_DEFINE_ENUM_CLASS(SeatStatus, AVAILABLE, OCCUPIED)

struct EventDto {
  EventId id;
  std::string name;
  std::string performer;
  std::string venue;
  std::string timeZone;  // the days of its dates are meant in it
  TimePoint saleStartDate{};
  TimePoint saleEndDate{};
  EventStatus status = EventStatus::UPCOMING;
  std::int64_t seatCount = 0;  // free seats of all dates
  std::int64_t totalSeats = 0;
  std::int64_t heldSeats = 0;  // held and not paid for
  TimePoint createdAt{};
  TimePoint updatedAt{};
};
BOOST_DESCRIBE_STRUCT(EventDto, (),
                      (id, name, performer, venue, timeZone, saleStartDate, saleEndDate, status, seatCount,
                       totalSeats, heldSeats, createdAt, updatedAt))

struct PriceDto {
  std::string category;
  Won price;
  std::int64_t left = 0;
};
BOOST_DESCRIBE_STRUCT(PriceDto, (), (category, price, left))

struct EventDateDto {
  DateId id;
  EventId eventId;
  TimePoint eventDate{};  // = startDate
  TimePoint startDate{};
  TimePoint bookStartDate{};
  TimePoint bookEndDate{};
  std::int64_t seatCount = 0;  // left
  std::int64_t totalSeats = 0;
  std::vector<PriceDto> prices;
  json::Omitted<bool> bookable;               // only in lists that include dates that cannot be booked
  json::Omitted<std::int64_t> layoutVersion;  // only in events: ?v= of the layout, where it is known cheaply
  TimePoint createdAt{};
  TimePoint updatedAt{};
  std::optional<TimePoint> deletedAt;
};
BOOST_DESCRIBE_STRUCT(EventDateDto, (),
                      (id, eventId, eventDate, startDate, bookStartDate, bookEndDate, seatCount, totalSeats,
                       prices, bookable, layoutVersion, createdAt, updatedAt, deletedAt))

// What a fan should know before joining.
struct EventRulesDto {
  std::int64_t seatsPerUser = 0;
  std::int64_t holdSeconds = 0;
  std::int64_t turnSeconds = 0;         // a visit without a hold
  bool drawn = false;                   // the order of those who gather is drawn at the opening
  std::optional<TimePoint> gatherFrom;  // people may join from then on, before the sale opens
  std::optional<TimePoint> refundUntil;
};
BOOST_DESCRIBE_STRUCT(EventRulesDto, (),
                      (seatsPerUser, holdSeconds, turnSeconds, drawn, gatherFrom, refundUntil))

struct EventWithDatesDto : EventDto {
  EventRulesDto rules;
  std::vector<EventDateDto> dates;
};
BOOST_DESCRIBE_STRUCT(EventWithDatesDto, (EventDto), (rules, dates))

struct SeatPropertyDto {
  CategoryId id;
  std::string name;
  Won price;
};
BOOST_DESCRIBE_STRUCT(SeatPropertyDto, (), (id, name, price))

struct SeatDto {
  SeatId id;
  std::int32_t seatNumber = 0;  // 1… within the date
  SeatStatus status = SeatStatus::AVAILABLE;
  DateId eventDateId;
  SeatPropertyDto seatProperty;
  // In layouts with sections:
  json::Omitted<std::string> section;
  json::Omitted<std::int32_t> row;
  json::Omitted<std::int32_t> numberInRow;
};
BOOST_DESCRIBE_STRUCT(SeatDto, (),
                      (id, seatNumber, status, eventDateId, seatProperty, section, row, numberInRow))

struct SeatWithEventDto : SeatDto {
  EventDateDto eventDate;
  EventDto event;
};
BOOST_DESCRIBE_STRUCT(SeatWithEventDto, (SeatDto), (eventDate, event))

struct SeatsDto {
  std::vector<SeatDto> seat;
};
BOOST_DESCRIBE_STRUCT(SeatsDto, (), (seat))

// An event and its dates as they are now.
struct DateAvailability {
  const EventDate* date = nullptr;
  std::int64_t left = 0;
  std::vector<std::int64_t> by_category = {};  // left, by index into EventDate::categories
  std::optional<std::int64_t> layout_version = {};
};
struct EventAvailability {
  const Event* event = nullptr;
  std::vector<DateAvailability> dates = {};  // by id; includes deleted ones
  std::int64_t holds = 0;                    // unpaid; includes expired ones until they are swept
};

EventStatus status_of(const EventAvailability& stock, TimePoint now);
// True if the windows of the date and the event are open, the performance has not begun, and a seat is free.
bool is_bookable(const Event& event, const DateAvailability& stock, TimePoint now);

// All events, or only those of one status.
Rendering render_events(std::span<const EventAvailability> stocks, std::optional<EventStatus> status,
                        TimePoint now);
// With its dates, except deleted ones.
Rendering render_event(const EventAvailability& stock, TimePoint now);
BOOST_DEFINE_ENUM_CLASS(DatesWanted, bookable, all)
Rendering render_dates(const EventAvailability& stock, DatesWanted wanted, TimePoint now);
// One seat with its date and event. `stock` has the date.
std::string render_seat(const EventAvailability& stock, DateId date, SeatId seat, bool is_occupied,
                        TimePoint now);
// True if rendering and compressing the seats takes at most a millisecond.
bool is_small(const EventDate& date);
// All seats, or only those of one status.
Rendering render_seats(const EventDate& date, const SeatBits& occupied, std::optional<SeatStatus> status);
// The list alone: [{…},…].
void append_seats(std::string& out, const EventDate& date, const SeatBits& occupied,
                  std::optional<SeatStatus> status);

}  // namespace stagedoor::catalogue
