// R-C5, R-C9: a snapshot and the changes after it are the seats, whoever listens from when on.
#include "modules/catalogue/seat_feed.h"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "support/bits_listener.h"
#include "support/manual_clock.h"
#include "support/sse.h"

namespace stagedoor::catalogue {
namespace {

using test::ManualClock;
using test::SseEvent;
using testing::ElementsAre;
using testing::Pair;
using testing::SizeIs;

constexpr DateId kFedDate{7};
constexpr std::int64_t kFirstSeat = 100;
const TimePoint kFeedTime = *parse_rfc3339("2026-06-01T00:00:00Z");
constexpr Millis kGather{80};

using Seats = std::map<std::int64_t, std::string>;  // id, status

Seats seats_in(const boost::json::value& list) {
  Seats seats;
  for (const auto& seat : list.as_array()) {
    seats[seat.at("id").to_number<std::int64_t>()] = seat.at("status").as_string().c_str();
  }
  return seats;
}

// A date whose seats are taken and freed.
struct House {
  ManualClock clock{kFeedTime};
  ReadModel read_model;
  SeatFeeds feeds{read_model, clock, 0xabc};
  EventDate date;

  explicit House(int seats) {
    Batch batch;
    Event event;
    event.id = EventId{1};
    event.on_sale = {kFeedTime - Millis(1), kFeedTime + Millis(86'400'000)};
    date.id = kFedDate;
    date.event = event.id;
    date.booking = event.on_sale;
    date.first_seat = SeatId{kFirstSeat};
    date.sections = {""};
    date.categories = {{CategoryId{5}, "Standard", Won{1000}}};
    for (int i = 1; i <= seats; ++i) date.seats.push_back({i, i, 0, 0, 0});
    batch.catalogue = {{event}, {date}, {}};
    read_model.on_commit(batch);
  }
  void change_date() {
    Batch batch;
    batch.catalogue.dates = {date};
    read_model.on_commit(batch);
  }
  // Each seat has one reservation, with the id of the seat.
  void take(std::int64_t seat, bool taken = true) {
    Reservation row;
    row.id = ReservationId{seat};
    row.seat = SeatId{seat};
    row.date = kFedDate;
    row.event = EventId{1};
    row.status = taken ? ReservationStatus::RESERVED : ReservationStatus::CANCELLED;
    Reservation before = row;
    before.status = taken ? ReservationStatus::CANCELLED : ReservationStatus::RESERVED;
    Batch batch;
    batch.reservations.put(row.id, row, &before);
    read_model.on_commit(batch);
  }
  void block(std::int64_t seat, bool blocked) {
    const SeatBlock before{SeatId{seat}, !blocked};
    Batch batch;
    batch.blocks.put(SeatId{seat}, {SeatId{seat}, blocked}, &before);
    read_model.on_commit(batch);
  }
  // What the seats call says.
  Seats seats() {
    const auto page = read_model.seats(kFedDate, std::nullopt);
    return seats_in(boost::json::parse(*page.value()->plain().body).at("data").at("seat"));
  }
};

// Hears everything that there is at once.
struct Listener {
  explicit Listener(House& house) : feed(house.feeds.feed(kFedDate)) {}

  std::vector<SseEvent> hear() {
    std::vector<SseEvent> heard;
    while (const auto event = feed->after(version)) {
      if (!event->text) break;
      version = event->version;
      const auto parsed = test::events_of(*event->text);
      EXPECT_THAT(parsed, SizeIs(1));
      heard.push_back(parsed.at(0));
      const auto data = boost::json::parse(heard.back().data);
      EXPECT_EQ(data.at("version").to_number<std::uint64_t>(), version);
      if (heard.back().event == "snapshot") seats.clear();
      for (auto& [id, status] : seats_in(data.at("seat"))) seats[id] = status;
      at_version[*version] = seats;
    }
    return heard;
  }

  std::shared_ptr<SeatFeed> feed;
  std::optional<std::uint64_t> version;
  Seats seats;
  std::map<std::uint64_t, Seats> at_version;
};

TEST(SeatFeed, begins_with_all_seats_of_the_seats_call_then_sends_only_changed_ones) {
  House house(3);
  house.take(101);
  Listener listener(house);
  const auto first = listener.hear();
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_EQ(first[0].event, "snapshot");
  EXPECT_EQ(first[0].id, "abc-1");
  EXPECT_EQ(
      boost::json::parse(first[0].data).at("seat"),
      boost::json::parse(*house.read_model.seats(kFedDate, {}).value()->plain().body).at("data").at("seat"));
  house.take(100);
  house.take(101, false);
  house.clock.advance(kGather);
  const auto second = listener.hear();
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_EQ(second[0].event, "seats");
  EXPECT_EQ(second[0].id, "abc-2");
  EXPECT_EQ(second[0].data,
            R"({"version":2,"seat":[{"id":100,"status":"OCCUPIED"},{"id":101,"status":"AVAILABLE"}]})");
}

TEST(SeatFeed, merges_changes_within_a_short_time_and_sends_no_undone_ones) {
  House house(10);
  Listener listener(house);
  listener.hear();
  house.take(100);
  house.clock.advance(kGather - Millis(1));
  EXPECT_THAT(listener.hear(), SizeIs(0));
  house.take(105);
  house.clock.advance(Millis(1));
  EXPECT_THAT(listener.hear(), SizeIs(1));
  EXPECT_EQ(listener.seats, house.seats());
  house.take(106);
  house.take(106, false);
  house.clock.advance(kGather);
  EXPECT_THAT(listener.hear(), SizeIs(0));
}

TEST(SeatFeed, writes_every_event_once_for_all_listeners) {
  House house(10);
  const auto feed = house.feeds.feed(kFedDate);
  const auto snapshot = feed->after(std::nullopt);
  house.take(100);
  house.clock.advance(kGather);
  const auto change = feed->after(snapshot->version);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(house.feeds.feed(kFedDate)->after(std::nullopt)->text, snapshot->text);
    EXPECT_EQ(house.feeds.feed(kFedDate)->after(snapshot->version)->text, change->text);
  }
}

TEST(SeatFeed, resumes_after_an_event_it_still_knows_and_begins_again_after_others) {
  House house(10);
  Listener listener(house);
  const std::string id = listener.hear().at(0).id;
  const auto feed = house.feeds.feed(kFedDate);
  house.take(100);
  house.clock.advance(kGather);
  EXPECT_EQ(feed->version_of(id), 1u);
  Listener resumed(house);
  resumed.version = feed->version_of(id);
  resumed.seats = listener.seats;
  ASSERT_THAT(resumed.hear(), ElementsAre(testing::Field(&SseEvent::event, "seats")));
  EXPECT_EQ(resumed.seats, house.seats());

  SeatFeed next_start(house.read_model, house.clock, kFedDate, 0xabd);
  EXPECT_EQ(next_start.version_of(id), std::nullopt);
  for (const char* other :
       {"", "1", "abc", "abc-", "abc-x", "abc-1x", "abc--1", "abc-99999999999999999999"}) {
    EXPECT_EQ(feed->version_of(other), std::nullopt) << other;
  }
  for (const std::uint64_t unknown : {0, 3, 1'000'000}) {
    EXPECT_THAT(*feed->after(unknown)->text, testing::StartsWith("event: snapshot\n")) << unknown;
  }
}

TEST(SeatFeed, sends_a_new_snapshot_to_slow_listeners_and_after_a_change_of_the_date) {
  House house(10);
  Listener slow(house), quick(house);
  slow.hear();
  for (int i = 0; i < 1001; ++i) {
    house.take(100, i % 2 == 0);
    house.clock.advance(kGather);
    quick.hear();
  }
  ASSERT_THAT(slow.hear(), ElementsAre(testing::Field(&SseEvent::event, "snapshot")));
  EXPECT_EQ(slow.seats, house.seats());
  house.date.categories[0].price = Won{2000};
  house.change_date();
  house.clock.advance(kGather);
  const auto heard = slow.hear();
  ASSERT_THAT(heard, ElementsAre(testing::Field(&SseEvent::event, "snapshot")));
  EXPECT_THAT(heard[0].data, testing::HasSubstr("\"price\":2000"));
  house.date.deleted_at = kFeedTime;
  house.change_date();
  house.clock.advance(kGather);
  EXPECT_EQ(slow.feed->after(slow.version), std::nullopt);
}

// R-C5, the fold: over random holds, cancels and blocks, whoever listens, resumes or falls behind has at
// every version the seats that the seats call has.
TEST(SeatFeed, a_large_snapshot_is_made_by_the_worker_and_no_listener_waits_R_A5) {
  House house(600);
  std::vector<absl::AnyInvocable<void()>> jobs;
  SeatFeeds feeds(house.read_model, house.clock, 1,
                  [&](absl::AnyInvocable<void()> job) { jobs.push_back(std::move(job)); });
  const auto feed = feeds.feed(kFedDate);
  EXPECT_FALSE(feed->after(std::nullopt)->text) << "made on the listener's thread";
  EXPECT_FALSE(feed->after(std::nullopt)->text);
  house.take(100);
  house.clock.advance(kGather);
  EXPECT_FALSE(feed->after(std::nullopt)->text);
  ASSERT_THAT(jobs, SizeIs(1));
  jobs[0]();
  const auto snapshot = feed->after(std::nullopt);
  ASSERT_TRUE(snapshot->text);
  EXPECT_THAT(*snapshot->text, testing::StartsWith("event: snapshot\nid: 1-1\n"));
  EXPECT_THAT(*feed->after(snapshot->version)->text, testing::StartsWith("event: seats\nid: 1-2\n"));
}

TEST(SeatFeed, without_a_listener_for_a_minute_is_freed_and_begins_again_R_A5) {
  House house(3);
  Listener listener(house);
  const std::string id = listener.hear().at(0).id;
  const std::weak_ptr<SeatFeed> freed = std::exchange(listener.feed, nullptr);
  house.clock.advance(Millis(60'000));
  house.feeds.drop_unasked(kFeedTime);
  EXPECT_EQ(house.feeds.size(), 1u);
  house.feeds.drop_unasked(kFeedTime + Millis(1));
  EXPECT_EQ(house.feeds.size(), 0u);
  EXPECT_TRUE(freed.expired());
  EXPECT_EQ(house.feeds.feed(kFedDate)->version_of(id), std::nullopt) << "its versions are others";
}

TEST(SeatFeed, in_bits_begins_with_the_bits_then_sends_pairs_of_index_and_state_R_C9) {
  House house(600);
  house.take(101);
  const auto feed = house.feeds.feed(kFedDate, SeatForm::bits);
  auto event = feed->after(std::nullopt);
  auto parsed = test::events_of(*event->text);
  ASSERT_THAT(parsed, SizeIs(1));
  EXPECT_EQ(parsed[0].event, "bits");
  EXPECT_EQ(boost::json::parse(parsed[0].data),
            boost::json::parse(*house.read_model.availability(kFedDate).value()->plain().body).at("data"));
  house.take(100);
  house.take(101, false);
  house.clock.advance(kGather);
  event = feed->after(event->version);
  parsed = test::events_of(*event->text);
  ASSERT_THAT(parsed, SizeIs(1));
  EXPECT_EQ(parsed[0].event, "changes");
  EXPECT_EQ(parsed[0].data, "[[0,0],[1,1]]");
  for (std::int64_t seat = 200; seat < 300; ++seat) house.take(seat);
  house.clock.advance(kGather);
  EXPECT_THAT(*feed->after(event->version)->text, testing::StartsWith("event: bits\n")) << "it is shorter";
}

TEST(SeatFeed, in_bits_does_not_begin_again_when_a_price_changes) {
  House house(600);
  test::BitsListener listener(house.feeds.feed(kFedDate, SeatForm::bits));
  listener.hear();
  house.date.categories[0].price = Won{2000};
  house.change_date();
  house.clock.advance(kGather);
  EXPECT_EQ(listener.hear(), 0);
  house.take(100);
  house.clock.advance(kGather);
  EXPECT_EQ(listener.hear(), 1);
  EXPECT_EQ(listener.begun(), 1);
  house.date.deleted_at = kFeedTime;
  house.change_date();
  house.clock.advance(kGather);
  EXPECT_EQ(house.feeds.feed(kFedDate, SeatForm::bits)->after(1), std::nullopt);
}

// The ids name states, so they mean the same to the feed of another instance, and to one that begins anew.
TEST(SeatFeed, in_bits_resumes_after_an_event_of_another_instance_where_the_seats_are_the_same_R_C9) {
  House here(600), there(600);
  const auto both = [&](const auto& change) {
    for (House* house : {&here, &there}) {
      change(*house);
      house->clock.advance(kGather);
    }
  };
  test::BitsListener listener(here.feeds.feed(kFedDate, SeatForm::bits));
  both([](House& house) { house.take(105); });
  listener.hear();
  listener.move_to(there.feeds.feed(kFedDate, SeatForm::bits));
  EXPECT_EQ(listener.hear(), 0) << "nothing has changed";
  both([](House& house) { house.take(106); });
  EXPECT_EQ(listener.hear(), 1);
  EXPECT_EQ(listener.begun(), 1);
  both([](House& house) { house.take(105, false); });
  listener.move_to(here.feeds.feed(kFedDate, SeatForm::bits));
  listener.hear();
  // Seat 107 was taken and freed between two events there, and its listener has heard of it here.
  here.take(107);
  here.clock.advance(kGather);
  listener.hear();
  there.take(107);
  there.take(107, false);
  there.take(108);
  there.clock.advance(kGather);
  listener.move_to(there.feeds.feed(kFedDate, SeatForm::bits));
  listener.hear();
  EXPECT_TRUE(listener.is_free(107 - kFirstSeat));
  EXPECT_FALSE(listener.is_free(108 - kFirstSeat));
}

TEST(SeatFeed, folded_over_its_snapshot_is_the_seats_call_at_every_version) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) { return std::size_t(random() % n); };
    constexpr int kSeats = 130;
    House house(kSeats);
    std::set<std::int64_t> taken, blocked;
    std::vector<Listener> listeners(4, Listener(house));
    std::map<std::uint64_t, Seats> truth;
    for (int step = 0; step < 500; ++step) {
      for (std::size_t n = below(5); n > 0; --n) {
        const std::int64_t seat = kFirstSeat + std::int64_t(below(kSeats));
        const bool is_block = below(8) == 0;
        auto& set = is_block ? blocked : taken;
        const bool on = !set.contains(seat) && house.read_model.left(kFedDate) > 1;
        if (!on && !set.contains(seat)) continue;
        if (is_block) house.block(seat, on);
        else house.take(seat, on);
        if (on) set.insert(seat);
        else set.erase(seat);
      }
      house.clock.advance(Millis(below(120)));
      if (below(40) == 0) house.change_date();
      // The first listens always, so its versions are all there are; the others now and then.
      const std::size_t versions = listeners[0].at_version.size();
      listeners[0].hear();
      if (listeners[0].at_version.size() > versions) truth[*listeners[0].version] = house.seats();
      EXPECT_EQ(listeners[0].seats, truth[*listeners[0].version]);
      for (std::size_t i = 1; i < listeners.size(); ++i) {
        if (below(30) == 0) listeners[i] = Listener(house);
        if (below(10 * i) == 0) listeners[i].hear();
      }
    }
    for (const Listener& listener : listeners) {
      for (const auto& [version, seats] : listener.at_version) EXPECT_EQ(seats, truth[version]) << version;
    }
    house.clock.advance(kGather);
    for (Listener& listener : listeners) {
      listener.hear();
      EXPECT_EQ(listener.seats, house.seats());
    }
  }
}

TEST(SeatFeed, holds_while_seats_change_and_many_threads_listen) {
  House house(64);
  std::atomic<bool> is_over{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      Listener listener(house);
      while (!is_over) listener.hear();
      house.clock.advance(kGather);
      listener.hear();
      EXPECT_EQ(listener.seats, house.seats());
    });
  }
  for (int i = 0; i < 20'000; ++i) {
    house.take(kFirstSeat + i % 60, i / 60 % 2 == 0);
    if (i % 10 == 0) house.clock.advance(Millis(10));
  }
  is_over = true;
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace stagedoor::catalogue
