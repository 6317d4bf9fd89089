// Golden answers of R-C1 – R-C4.
#include "modules/catalogue/render.h"

#include <gmock/gmock.h>

#include "support/at.h"

namespace stagedoor::catalogue {
namespace {

using test::at;
const TimePoint kFrom = at("2026-01-01T00:00:00Z");
const TimePoint kDuringSale = at("2026-06-01T00:00:00Z");
const TimePoint kUntil = at("2027-01-01T00:00:00Z");

struct Rows {
  Event event;
  EventDate date;

  Rows() {
    event.id = EventId{1};
    event.name = "Winter \"Club\" Night";
    event.performer = "The Understudies";
    event.venue = "Stagedoor Club";
    event.on_sale = {kFrom, kUntil};
    event.created_at = event.updated_at = kFrom;
    date.id = DateId{7};
    date.event = event.id;
    date.starts_at = at("2027-02-01T10:00:00Z");
    date.booking = event.on_sale;
    date.first_seat = SeatId{100};
    date.sections = {"A", "B"};
    date.categories = {{CategoryId{5}, "VIP", Won{90'000}}, {CategoryId{6}, "Regular", Won{50'000}}};
    date.seats = {{1, 1, 0, 1, 0}, {2, 2, 0, 1, 0}, {3, 1, 1, 1, 1}};
    date.created_at = date.updated_at = kFrom;
  }
  EventAvailability stock(std::int64_t left, std::int64_t holds = 0) const {
    return {.event = &event, .dates = {{&date, left, {left, 0}}}, .holds = holds};
  }
};

TEST(RenderEvents, reads_as_R_C1_says) {
  const Rows rows;
  const std::vector<EventAvailability> stocks{rows.stock(2)};
  const Rendering page = render_events(stocks, std::nullopt, kDuringSale);
  EXPECT_EQ(
      page.body,
      R"({"success":true,"data":[{"id":1,"name":"Winter \"Club\" Night","performer":"The Understudies",)"
      R"("venue":"Stagedoor Club","timeZone":"Asia/Seoul","saleStartDate":"2026-01-01T00:00:00.000Z",)"
      R"("saleEndDate":"2027-01-01T00:00:00.000Z","status":"ON_SALE","seatCount":2,"totalSeats":3,"heldSeats":0,)"
      R"("createdAt":"2026-01-01T00:00:00.000Z","updatedAt":"2026-01-01T00:00:00.000Z"}]})");
  EXPECT_EQ(page.valid_until, kUntil);
}

TEST(RenderEvents, filters_by_status) {
  const Rows rows;
  const std::vector<EventAvailability> stocks{rows.stock(0)};
  EXPECT_EQ(render_events(stocks, EventStatus::ON_SALE, kDuringSale).body, R"({"success":true,"data":[]})");
  EXPECT_THAT(render_events(stocks, EventStatus::SOLD_OUT, kDuringSale).body,
              testing::HasSubstr(R"("id":1)"));
}

TEST(RenderEvents, say_sold_out_only_when_no_seat_can_come_back_R_C6) {
  const Rows rows;
  const auto status = [&](std::int64_t left, std::int64_t holds) {
    return status_of(rows.stock(left, holds), kDuringSale);
  };
  EXPECT_EQ(status(0, 1), EventStatus::ON_SALE) << "a hold may lapse";
  EXPECT_EQ(status(0, 0), EventStatus::SOLD_OUT);
  const std::vector<EventAvailability> stocks{rows.stock(0, 2)};
  EXPECT_THAT(render_events(stocks, EventStatus::ON_SALE, kDuringSale).body,
              testing::HasSubstr(R"("heldSeats":2)"));
}

TEST(RenderDates, a_performance_that_has_begun_is_not_bookable_R_C6) {
  Rows rows;
  rows.date.starts_at = kDuringSale + Millis(1);
  const DateAvailability stock{&rows.date, 2};
  EXPECT_TRUE(is_bookable(rows.event, stock, kDuringSale));
  EXPECT_FALSE(is_bookable(rows.event, stock, kDuringSale + Millis(1)));
  EXPECT_EQ(render_dates(rows.stock(2), DatesWanted::bookable, kDuringSale).valid_until,
            kDuringSale + Millis(1))
      << "the page is rendered again when it begins";
}

TEST(RenderEvent, says_the_rules_to_fans_R_U3) {
  Rows rows;
  rows.event.policy = {.seats_per_user = 2, .hold_ttl = Millis(90'000), .refund_until = kUntil};
  rows.event.queue.order = LineOrder::draw;
  rows.event.queue.gather_from = kFrom;
  EXPECT_THAT(
      render_event(rows.stock(2), kDuringSale).body,
      testing::HasSubstr(
          R"("rules":{"seatsPerUser":2,"holdSeconds":90,"turnSeconds":300,"drawn":true,)"
          R"("gatherFrom":"2026-01-01T00:00:00.000Z","refundUntil":"2027-01-01T00:00:00.000Z"},"dates":)"));
}

TEST(RenderEvent, has_its_dates_save_deleted_ones) {
  Rows rows;
  EXPECT_THAT(render_event(rows.stock(2), kDuringSale).body,
              testing::EndsWith(
                  R"("dates":[{"id":7,"eventId":1,"eventDate":"2027-02-01T10:00:00.000Z",)"
                  R"("startDate":"2027-02-01T10:00:00.000Z","bookStartDate":"2026-01-01T00:00:00.000Z",)"
                  R"("bookEndDate":"2027-01-01T00:00:00.000Z","seatCount":2,"totalSeats":3,)"
                  R"("prices":[{"category":"VIP","price":90000,"left":2},)"
                  R"({"category":"Regular","price":50000,"left":0}],"bookable":true,)"
                  R"("createdAt":"2026-01-01T00:00:00.000Z","updatedAt":"2026-01-01T00:00:00.000Z",)"
                  R"("deletedAt":null}]}})"));
  rows.date.deleted_at = kDuringSale;
  EXPECT_THAT(render_event(rows.stock(2), kDuringSale).body, testing::EndsWith(R"("dates":[]}})"));
}

TEST(RenderDates, reads_as_R_C2_says) {
  const Rows rows;
  EXPECT_EQ(render_dates(rows.stock(2), DatesWanted::bookable, kDuringSale).body,
            R"({"success":true,"data":[{"id":7,"eventId":1,"eventDate":"2027-02-01T10:00:00.000Z",)"
            R"("startDate":"2027-02-01T10:00:00.000Z","bookStartDate":"2026-01-01T00:00:00.000Z",)"
            R"("bookEndDate":"2027-01-01T00:00:00.000Z","seatCount":2,"totalSeats":3,)"
            R"("prices":[{"category":"VIP","price":90000,"left":2},)"
            R"({"category":"Regular","price":50000,"left":0}],)"
            R"("createdAt":"2026-01-01T00:00:00.000Z","updatedAt":"2026-01-01T00:00:00.000Z",)"
            R"("deletedAt":null}]})");
}

TEST(RenderDates, lists_only_bookable_dates_unless_all_are_wanted) {
  const auto bookable = [](const Rows& rows, std::int64_t left, TimePoint now) {
    const bool listed =
        render_dates(rows.stock(left), DatesWanted::bookable, now).body != R"({"success":true,"data":[]})";
    const std::string all = render_dates(rows.stock(left), DatesWanted::all, now).body;
    EXPECT_THAT(all, testing::HasSubstr(listed ? R"("bookable":true)" : R"("bookable":false)"));
    return listed;
  };
  Rows rows;
  EXPECT_TRUE(bookable(rows, 1, kFrom));
  EXPECT_FALSE(bookable(rows, 0, kDuringSale)) << "sold out";
  EXPECT_FALSE(bookable(rows, 1, kFrom - Millis(1))) << "before the window";
  EXPECT_FALSE(bookable(rows, 1, kUntil)) << "windows are half-open";
  rows.date.booking.from = kDuringSale + Millis(1);
  EXPECT_FALSE(bookable(rows, 1, kDuringSale)) << "the date's own window";
  rows.date.booking.from = kFrom;
  rows.event.closed = true;
  EXPECT_FALSE(bookable(rows, 1, kDuringSale)) << "closed";
  rows.event.closed = false;
  rows.date.deleted_at = kDuringSale;
  EXPECT_FALSE(bookable(rows, 1, kDuringSale)) << "deleted";
}

TEST(RenderDates, is_valid_until_the_next_window_opens_or_ends) {
  Rows rows;
  rows.date.booking = {kDuringSale + Millis(10), kDuringSale + Millis(20)};
  EXPECT_EQ(render_dates(rows.stock(2), DatesWanted::bookable, kDuringSale).valid_until,
            kDuringSale + Millis(10));
  EXPECT_EQ(render_dates(rows.stock(2), DatesWanted::bookable, kDuringSale + Millis(10)).valid_until,
            kDuringSale + Millis(20));
  EXPECT_EQ(render_dates(rows.stock(2), DatesWanted::bookable, kUntil).valid_until, rows.date.starts_at);
  EXPECT_EQ(render_dates(rows.stock(2), DatesWanted::bookable, rows.date.starts_at).valid_until, kNever);
}

TEST(StatusOf, follows_window_seats_and_closing) {
  Rows rows;
  EXPECT_EQ(status_of(rows.stock(1), kFrom - Millis(1)), EventStatus::UPCOMING);
  EXPECT_EQ(status_of(rows.stock(1), kFrom), EventStatus::ON_SALE);
  EXPECT_EQ(status_of(rows.stock(0), kFrom), EventStatus::SOLD_OUT);
  EXPECT_EQ(status_of(rows.stock(0), kUntil), EventStatus::CLOSED);
  EXPECT_EQ(status_of({&rows.event, {}}, kFrom), EventStatus::ON_SALE) << "no date yet is not sold out";
  rows.date.deleted_at = kDuringSale;
  EXPECT_EQ(status_of(rows.stock(0), kFrom), EventStatus::ON_SALE) << "deleted dates do not count";
  rows.event.closed = true;
  EXPECT_EQ(status_of(rows.stock(1), kFrom), EventStatus::CLOSED);
}

TEST(RenderSeats, reads_as_R_C3_says_with_section_row_and_number) {
  const Rows rows;
  SeatBits occupied(3);
  occupied.set(1, true);
  EXPECT_EQ(
      render_seats(rows.date, occupied, std::nullopt).body,
      R"({"success":true,"data":{"seat":[)"
      R"({"id":100,"seatNumber":1,"status":"AVAILABLE","eventDateId":7,)"
      R"("seatProperty":{"id":5,"name":"VIP","price":90000},"section":"A","row":1,"numberInRow":1},)"
      R"({"id":101,"seatNumber":2,"status":"OCCUPIED","eventDateId":7,)"
      R"("seatProperty":{"id":5,"name":"VIP","price":90000},"section":"A","row":1,"numberInRow":2},)"
      R"({"id":102,"seatNumber":3,"status":"AVAILABLE","eventDateId":7,)"
      R"("seatProperty":{"id":6,"name":"Regular","price":50000},"section":"B","row":1,"numberInRow":1}]}})");
}

TEST(RenderSeats, leaves_sections_out_where_the_layout_has_none) {
  Rows rows;
  rows.date.sections = {""};
  rows.date.seats = {{1, 1, 0, 0, 0}};
  EXPECT_EQ(
      render_seats(rows.date, SeatBits(1), std::nullopt).body,
      R"({"success":true,"data":{"seat":[{"id":100,"seatNumber":1,"status":"AVAILABLE","eventDateId":7,)"
      R"("seatProperty":{"id":5,"name":"VIP","price":90000}}]}})");
}

TEST(RenderSeats, filters_by_status) {
  const Rows rows;
  SeatBits occupied(3);
  occupied.set(1, true);
  const std::string available = render_seats(rows.date, occupied, SeatStatus::AVAILABLE).body;
  EXPECT_THAT(available, testing::AllOf(testing::HasSubstr(R"("id":100)"), testing::HasSubstr(R"("id":102)"),
                                        testing::Not(testing::HasSubstr(R"("id":101)"))));
  const std::string taken = render_seats(rows.date, occupied, SeatStatus::OCCUPIED).body;
  EXPECT_THAT(taken, testing::AllOf(testing::HasSubstr(R"("id":101)"),
                                    testing::Not(testing::HasSubstr("\"id\":100"))));
}

}  // namespace
}  // namespace stagedoor::catalogue
