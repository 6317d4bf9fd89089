// R-Q3, R-C5, R-C9, R-M5: event streams of the real server.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <chrono>
#include <map>
#include <thread>

#include "api/api_test.h"
#include "support/free_seats.h"
#include "support/listener.h"

namespace stagedoor::test {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

boost::json::value data_of(const SseEvent& event) { return boost::json::parse(event.data); }

// With a heart that beats quickly, and a log that says everything. Of several instances the first is listened
// to, and what it tells happens on any.
class Streams : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    sale_ = std::make_unique<Deployment>(std::string(kSale),
                                         std::vector<std::pair<std::string, std::string>>{
                                             {"http.stream_heartbeat", "200ms"}, {"log.level", "debug"}});
  }
  static void TearDownTestSuite() { sale_.reset(); }
  ServerProcess& server() { return sale_->server(); }
  static std::string new_user() { return user(++last_user_); }

  static std::string bare(const std::string& token) { return token.substr(7); }
  std::unique_ptr<Listener> listen(const std::string& target, const Visitor& who,
                                   const std::string& last_id = "", std::size_t instance = 0) {
    std::vector<std::pair<std::string, std::string>> headers = {{"Authorization", who.token}};
    if (!last_id.empty()) headers.emplace_back("Last-Event-ID", last_id);
    return std::make_unique<Listener>(sale_->server(instance).url(), target, std::move(headers));
  }
  Visitor waiting(std::int64_t event) {
    const std::string user = new_user();
    return {user, text(api.send(join(user, event)).data(), "token")};
  }
  double metric(std::string_view name) {
    const std::string all = Api(server().url()).send({.method = "GET", .target = "/metrics"}).body;
    const std::size_t at = all.find("\n" + std::string(name) + " ");
    return at == all.npos ? -1 : std::stod(all.substr(at + name.size() + 2));
  }
  void await_streams(double count) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (metric("stagedoor_http_streams") != count) {
      ASSERT_LT(std::chrono::steady_clock::now(), until);
      std::this_thread::yield();
    }
  }

  Api api{sale_->urls()};

 private:
  static inline std::unique_ptr<Deployment> sale_;
  static inline std::uint64_t last_user_ = 0;
};

constexpr const char* kSeatsOfClub = "/events/properties/1/seats/stream";

// R-Q3, R-Q5
TEST_F(Streams, a_fan_who_waits_hears_of_their_admission_and_of_its_end) {
  const Visitor inside = enter(api, new_user(), kFull);
  const Visitor fan = waiting(kFull);
  const auto stream = listen("/queue/stream", fan);
  EXPECT_EQ(stream->status(), 200);
  EXPECT_THAT(stream->head(), HasSubstr("Content-Type: text/event-stream"));
  auto event = stream->next();
  ASSERT_TRUE(event);
  EXPECT_EQ(event->event, "status");
  boost::json::value told = data_of(*event), asked = api.send(queue_status(fan.token)).data();
  for (auto* data : {&told, &asked}) {  // what other fans do meanwhile
    data->as_object().erase("behind");
    data->as_object().erase("admittedLastMinute");
  }
  EXPECT_EQ(told, asked);
  EXPECT_EQ(text(told, "status"), "CREATED");
  api.send(leave(inside.token));
  event = stream->next();
  ASSERT_TRUE(event);
  EXPECT_EQ(text(data_of(*event), "status"), "ACTIVATED");
  const std::string id = event->id;
  // Who was cut off hears only what is new.
  const auto resumed = listen("/queue/stream", fan, id);
  EXPECT_EQ(resumed->status(), 200);
  api.send(leave(fan.token));
  event = resumed->next();
  ASSERT_TRUE(event);
  EXPECT_EQ(text(data_of(*event), "status"), "EXPIRED");
  EXPECT_TRUE(resumed->has_ended());
  ASSERT_TRUE(stream->next());
  EXPECT_TRUE(stream->has_ended());
  EXPECT_EQ(listen("/queue/stream", fan, event->id)->status(), 204);
}

// R-Q3: whatever else is silent.
TEST_F(Streams, a_heart_beats) {
  const auto stream = listen("/queue/stream", enter(api, new_user(), kClub));
  ASSERT_TRUE(stream->next());
  for (int i = 0; i < 3; ++i) {
    const auto block = stream->next_block();
    ASSERT_TRUE(block);
    EXPECT_EQ(block->data + block->event + block->id, "");
  }
}

// R-Q3, R-O4: the one place where a token may stand in a URL; the log does not have it.
TEST_F(Streams, a_token_in_the_url_is_good_and_is_not_logged) {
  const Visitor fan = enter(api, new_user(), kClub);
  {
    Listener in_url(server().url(), "/queue/stream?token=" + bare(fan.token));
    EXPECT_TRUE(in_url.next());
    Listener seats(server().url(), std::string(kSeatsOfClub) + "?token=" + bare(fan.token));
    EXPECT_TRUE(seats.next());
  }
  // Here it may not.
  EXPECT_EQ(Listener(server().url(), "/queue?token=" + bare(fan.token)).status(), 401);
  // Requests are logged, a little later.
  for (int i = 0; i < 500 && server().log().find(R"("url.path":"/queue")") == std::string::npos; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_THAT(server().log(), ContainsRegex("url.path[^}]*/queue/stream"));
  EXPECT_THAT(server().log(), Not(HasSubstr(bare(fan.token))));
  EXPECT_THAT(server().log(), Not(HasSubstr("token=")));
}

TEST_F(Streams, are_refused_as_the_calls_beside_them) {
  EXPECT_EQ(Listener(server().url(), "/queue/stream").status(), 401);
  EXPECT_EQ(Listener(server().url(), "/queue/stream?token=x").status(), 401);
  const Visitor fan = enter(api, new_user(), kClub);
  EXPECT_EQ(listen("/events/properties/20/seats/stream", fan)->status(), 403);  // another event's
  EXPECT_EQ(listen("/events/properties/999/seats/stream", fan)->status(), 404);
  EXPECT_EQ(listen("/events/properties/x/seats/stream", fan)->status(), 400);
  EXPECT_EQ(listen("/events/properties/60/seats/stream", waiting(kGathering))->status(), 403);
}

TEST_F(Streams, answer_HEAD_with_a_head) {
  const Visitor fan = enter(api, new_user(), kClub);
  const ApiReply reply = api.send({.method = "HEAD", .target = "/queue/stream", .token = fan.token});
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("Content-Type"), "text/event-stream");
  EXPECT_EQ(reply.body, "");
}

// R-C5
TEST_F(Streams, seats_begin_with_a_snapshot_and_its_changes_add_up_to_the_seats_call) {
  const Visitor fan = enter(api, new_user(), kClub);
  const auto stream = listen(kSeatsOfClub, fan);
  auto event = stream->next();
  ASSERT_TRUE(event);
  EXPECT_EQ(event->event, "snapshot");
  std::map<std::int64_t, boost::json::value> seats;
  const boost::json::value snapshot = data_of(*event);
  for (const auto& seat : snapshot.at("seat").as_array()) seats[number(seat, "id")] = seat;
  EXPECT_EQ(snapshot.at("seat"), api.send(list_seats(fan.token, 1)).data().at("seat"));

  const auto free = free_seats(api, fan, 1);
  const auto first = number(api.send(hold(fan, free[0])).data(), "id");
  api.send(hold(fan, free[1]));
  api.send(cancel(fan, first));
  const std::string resume_at = event->id;
  std::int64_t version = number(snapshot, "version");
  while (text(seats[free[0]], "status") != "AVAILABLE" || text(seats[free[1]], "status") != "OCCUPIED") {
    event = stream->next();
    ASSERT_TRUE(event);
    EXPECT_EQ(event->event, "seats");
    const auto data = data_of(*event);
    EXPECT_EQ(number(data, "version"), ++version);
    for (const auto& seat : data.at("seat").as_array())
      seats[number(seat, "id")].as_object()["status"] = seat.at("status");
  }
  const auto now = api.send(list_seats(fan.token, 1)).data();
  for (const auto& seat : now.at("seat").as_array()) EXPECT_EQ(seats[number(seat, "id")], seat);

  // Again after the snapshot: changes only.
  event = listen(kSeatsOfClub, fan, resume_at)->next();
  ASSERT_TRUE(event);
  EXPECT_EQ(event->event, "seats");
}

// R-C9
TEST_F(Streams, of_bits_add_up_to_the_availability_and_go_on_anywhere) {
  const Visitor fan = enter(api, new_user(), kClub);
  const auto availability = [&] {
    return free_seats_of(
        api.send({.method = "GET", .target = "/events/properties/1/availability", .token = fan.token})
            .data());
  };
  FreeSeats heard;
  const auto hear_until_it_is_so = [&](Listener& stream) {
    const auto now = availability();
    while (heard.free() != now) {
      const auto event = stream.next();
      ASSERT_TRUE(event);
      heard.hear(*event);
    }
  };
  const std::string target = std::string(kSeatsOfClub) + "?form=bits";
  auto stream = listen(target, fan);
  EXPECT_EQ(stream->status(), 200);
  hear_until_it_is_so(*stream);
  const auto free = free_seats(api, fan, 1);
  for (std::size_t i = 0; i < 4; ++i) {
    api.send(hold(fan, free[i]));
    hear_until_it_is_so(*stream);
    stream = listen(target, fan, heard.last_id(), (i + 1) % sale_->size());
  }
  EXPECT_EQ(std::ranges::count(heard.free(), true), std::ptrdiff_t(free.size()) - 4);
  if (sale_->size() == 1) EXPECT_EQ(heard.begun(), 1);
}

// R-C5, R-Q11
TEST_F(Streams, of_seats_end_with_the_visit) {
  const Visitor fan = enter(api, new_user(), kClub);
  const auto stream = listen(kSeatsOfClub, fan);
  ASSERT_TRUE(stream->next());
  api.send(leave(fan.token));
  while (stream->next()) {
  }
  EXPECT_TRUE(stream->has_ended());
}

TEST_F(Streams, of_who_has_gone_are_freed) {
  await_streams(0);
  {
    const auto one = listen("/queue/stream", enter(api, new_user(), kClub));
    const auto other = listen(kSeatsOfClub, enter(api, new_user(), kClub));
    await_streams(2);
  }
  await_streams(0);
}

// R-M5; and a browser that comes back to the next start hears all seats anew.
TEST_F(Streams, are_told_to_reconnect_when_the_server_stops) {
  const Visitor fan = enter(api, new_user(), kClub);
  const auto queue = listen("/queue/stream", fan), seats = listen(kSeatsOfClub, fan);
  const auto status = queue->next(), snapshot = seats->next();
  ASSERT_TRUE(status && snapshot);
  const auto begin = std::chrono::steady_clock::now();
  server().stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(8));  // the grace is 10 s
  for (const auto* stream : {&queue, &seats}) {
    std::optional<SseEvent> last;
    while (auto event = (*stream)->next()) last = std::move(event);
    ASSERT_TRUE(last);
    EXPECT_EQ(last->event, "reconnect");
    EXPECT_TRUE((*stream)->has_ended());
  }
  server().start();
  Api api_now(server().url());
  const auto again = listen(kSeatsOfClub, fan, snapshot->id)->next();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->event, "snapshot");
  const auto still = listen("/queue/stream", fan, status->id);
  EXPECT_EQ(still->status(), 200);
  api_now.send(leave(fan.token));
  const auto next = still->next();
  ASSERT_TRUE(next);
  EXPECT_EQ(text(data_of(*next), "status"), "EXPIRED");  // what it knew was not repeated
}

}  // namespace
}  // namespace stagedoor::test
