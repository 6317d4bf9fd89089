// What one instance tells the others of a batch is what they hear (R-M1), also across neighbouring versions.
#include "state/peer_message.h"

#include <gmock/gmock.h>

namespace stagedoor {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

const UserId kUser{{1, 2, 3, 255}};
const TimePoint kNow = from_ms(1'790'000'000'123);

Reservation reservation() {
  Reservation row;
  row.id = {70'001};
  row.seat = {5};
  row.date = {7};
  row.event = {1};
  row.user = kUser;
  row.place = 4'000'000'000;
  row.status = ReservationStatus::CANCELLED;
  row.reason = CancelReason::LAPSED;
  row.price = Won{150'000};
  row.expires_at = kNow;
  row.created_at = kNow - Millis(5);
  row.updated_at = kNow + Millis(1);
  row.paid_at = from_ms(-1);
  row.version = 3;
  return row;
}

Batch sample() {
  Batch batch;
  batch.now = kNow;
  batch.next_id = 70'002;
  batch.ids_reserved_to = 170'000;
  Reservation before = reservation();
  before.status = ReservationStatus::PENDING;
  batch.reservations.put(before.id, reservation(), &before);
  const Visit visit{
      .event = {1}, .place = 9, .user = kUser, .activated_at = kNow, .expires_at = kNow + Millis(7)};
  batch.visits.put({visit.event, visit.place}, visit, nullptr);
  const LinePlace place{
      .event = {1}, .place = 9, .user = kUser, .joined_at = kNow, .left_at = kNow + Millis(2)};
  batch.line.put({place.event, place.place}, place, &place);
  batch.absences.push_back({{1}, 3, std::string(512, '\x81')});
  batch.seen.push_back({{2}, 0, std::string(512, '\0')});
  const Draw draw{
      .event = {1}, .seed = std::string(32, '\xff'), .opens_at = kNow, .people = 12, .digest = "d"};
  batch.draws.put(draw.event, draw, nullptr);
  batch.priority.push_back({{1}, kUser, kNow});
  batch.blocks.put({5}, {{5}, true}, nullptr);
  batch.wallets.put(kUser, {.id = {3}, .user = kUser, .balance = Won{5}}, nullptr);
  batch.payments.push_back({.id = {8}, .user = kUser});
  batch.answers.push_back({.user = kUser, .key = "pay-1"});
  batch.line_marks.push_back({{1}, 2, 1'790'000'000'123, 4, kUser, 9, 5, kNow});
  batch.passed_over.push_back({{1}, 2, 1'790'000'000'123, 3, PassedReason::full});
  batch.line_sources.push_back({1, "redis://line:6379/0", kNow});
  Event event;
  event.id = {1};
  event.name = "밤";
  event.queue.return_share = 0.35;
  event.queue.order = LineOrder::draw;
  event.queue.gather_from = kNow;
  batch.catalogue.events.push_back(event);
  EventDate date;
  date.id = {7};
  date.event = {1};
  date.sections = {"A", "B"};
  date.categories = {{{1}, "R", Won{1000}}};
  date.seats.resize(1000);
  date.seats[999].section = 65'535;
  date.deleted_at = kNow;
  batch.catalogue.dates.push_back(date);
  batch.catalogue.layouts.emplace_back("hall", Layout{0, "R", {{"A", 3, 4, "R", Point{-1.5, 4}, 90, 6}}});
  DateCancellation& cancellation = batch.catalogue.cancellations.emplace_back();
  cancellation.date = {7};
  cancellation.reason = "비";
  cancellation.begun_at = kNow;
  cancellation.finished_at = kNow + Millis(3);
  cancellation.seats_done = 1000;
  cancellation.refunded_amount = Won{5000};
  return batch;
}

// The bytes name every member that is told, so equal bytes are equal batches.
TEST(BatchBytes, a_batch_that_was_told_says_the_same_again) {
  const std::string bytes = to_bytes(sample());
  EXPECT_EQ(to_bytes(batch_from_bytes(bytes)), bytes);
}

TEST(BatchBytes, carry_what_others_keep_in_memory) {
  const Batch heard = batch_from_bytes(to_bytes(sample()));
  EXPECT_EQ(heard.now, kNow);
  EXPECT_EQ(heard.next_id, 70'002);
  EXPECT_EQ(heard.ids_reserved_to, 170'000);
  ASSERT_THAT(heard.reservations.rows(), SizeIs(1));
  const auto& [row, stored] = heard.reservations.rows()[0];
  EXPECT_EQ(row.place, 4'000'000'000);
  EXPECT_EQ(row.user, kUser);
  EXPECT_EQ(row.reason, CancelReason::LAPSED);
  EXPECT_EQ(row.paid_at, from_ms(-1));
  EXPECT_EQ(stored->status, ReservationStatus::PENDING);
  EXPECT_FALSE(heard.visits.rows()[0].stored);
  EXPECT_TRUE(heard.line.rows()[0].stored);
  EXPECT_EQ(heard.absences[0].bits, std::string(512, '\x81'));
  EXPECT_EQ(heard.draws.rows()[0].row.seed, std::string(32, '\xff'));
  EXPECT_EQ(heard.wallets.rows()[0].row.user, kUser);
  EXPECT_EQ(heard.answers[0].key, "pay-1");
  EXPECT_EQ(heard.catalogue.events[0].queue.return_share, 0.35);
  EXPECT_THAT(heard.catalogue.dates[0].sections, ElementsAre("A", "B"));
  EXPECT_EQ(heard.catalogue.dates[0].seats[999].section, 65'535);
  EXPECT_EQ(heard.catalogue.layouts[0].second, sample().catalogue.layouts[0].second);
  ASSERT_THAT(heard.catalogue.cancellations, SizeIs(1));
  EXPECT_EQ(heard.catalogue.cancellations[0].reason, "비");
  EXPECT_EQ(heard.catalogue.cancellations[0].finished_at, kNow + Millis(3));
  EXPECT_EQ(heard.catalogue.cancellations[0].refunded_amount, Won{5000});
}

// As a reader that is a version behind meets a row that has grown, and one that is ahead a row that has not.
// Lengths are one byte here, twice the number (the lowest bit is the sign).
TEST(BatchBytes, rows_may_grow_at_their_end) {
  Batch batch;
  batch.priority.push_back({{1}, kUser, kNow});
  const std::string bytes = to_bytes(batch);
  ASSERT_LT(bytes.size(), 60U);
  const std::size_t row =
      bytes.find(std::string(kUser.bytes.begin(), kUser.bytes.end())) - 1;  // event: 1 byte
  const auto resized = [&](int by) {
    const int length = bytes[row - 1] / 2;
    std::string other = bytes;
    if (by > 0) other.insert(row + std::size_t(length), std::size_t(by), 'z');
    else other.erase(row + std::size_t(length + by), std::size_t(-by));
    other[row - 1] = static_cast<char>(2 * (length + by));
    other[0] = static_cast<char>(bytes[0] + 2 * by);
    return batch_from_bytes(other);
  };
  EXPECT_EQ(resized(3).priority.at(0).granted_at, kNow);
  const Batch without_last_members = resized(-7);  // a time, and one that is absent
  EXPECT_EQ(without_last_members.priority.at(0).user, kUser);
  EXPECT_EQ(without_last_members.priority.at(0).granted_at, TimePoint{});
}

TEST(BatchBytes, refuse_nonsense) {
  const std::string bytes = to_bytes(sample());
  for (std::size_t size = 0; size < 600; ++size)
    EXPECT_THROW(batch_from_bytes(std::string_view(bytes).substr(0, size)), BadBytes) << size;
  EXPECT_THROW(batch_from_bytes(std::string(40, '\xff')), BadBytes);
}

}  // namespace
}  // namespace stagedoor
