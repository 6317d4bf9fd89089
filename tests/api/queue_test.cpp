// R-Q1, Q2, Q4–Q11, Q14, Q15: the waiting room.
#include "api/api_test.h"

#include <cstdlib>

namespace stagedoor::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class Queue : public ApiTest {
 protected:
  // Somebody sits inside the full event for the whole suite; everybody else waits there.
  void SetUp() override {
    if (text(api.send(join(user(900'000), kFull)).data(), "status") == "ACTIVATED") return;
    enter(api, user(900'000), kFull);
  }
  boost::json::value status(const std::string& token) { return api.send(queue_status(token)).data(); }
};

// R-Q1, R-Q5, R-X2
TEST_F(Queue, join_answers_with_everything_a_fan_must_know) {
  const std::string me = new_user();
  const ApiReply reply = api.send(join(me, kFull));
  ASSERT_EQ(reply.status, 201);
  const auto& data = reply.data();
  EXPECT_EQ(number(data, "eventId"), kFull);
  EXPECT_EQ(text(data, "userId"), me);
  EXPECT_THAT(text(data, "token"), StartsWith("Bearer "));
  EXPECT_EQ(text(data, "status"), "CREATED");
  EXPECT_GE(number(data, "position"), 0);
  EXPECT_THAT(text(data, "issuedAt"), testing::MatchesRegex("[0-9-]+T[0-9:]+[.][0-9][0-9][0-9]Z"));
  EXPECT_TRUE(data.at("activatedAt").is_null());
  EXPECT_TRUE(data.at("expiresAt").is_null());
  EXPECT_TRUE(data.as_object().contains("estimatedWaitSeconds"));
  const std::int64_t poll = number(data, "pollAfterMs");
  EXPECT_GE(poll, 1000);
  EXPECT_LE(poll, 30'000);
}

// R-Q1, R-Q7
TEST_F(Queue, joining_again_gives_the_same_place_back) {
  const std::string me = new_user();
  const ApiReply first = api.send(join(me, kFull));
  const ApiReply again = api.send(join(me, kFull));
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(text(again.data(), "token"), text(first.data(), "token"));
  EXPECT_EQ(text(again.data(), "issuedAt"), text(first.data(), "issuedAt"));
}

// R-Q7: also once inside.
TEST_F(Queue, joining_again_while_inside_gives_the_visit_back) {
  const Visitor who = fan();
  const ApiReply again = api.send(join(who.user, kClub));
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(text(again.data(), "token"), who.token);
  EXPECT_EQ(text(again.data(), "status"), "ACTIVATED");
}

// R-Q2, R-Q5
TEST_F(Queue, status_tells_the_visit_and_its_end) {
  const Visitor who = fan();
  const auto data = status(who.token);
  EXPECT_EQ(text(data, "status"), "ACTIVATED");
  EXPECT_EQ(number(data, "position"), 0);
  const auto begin = *parse_rfc3339(text(data, "activatedAt"));
  EXPECT_EQ(*parse_rfc3339(text(data, "expiresAt")) - begin, Millis(300'000));
}

// R-Q5, R-Q9
TEST_F(Queue, positions_count_the_people_ahead_and_never_grow) {
  std::vector<std::string> tokens;
  for (int i = 0; i < 5; ++i) tokens.push_back(text(api.send(join(new_user(), kFull)).data(), "token"));
  std::vector<std::int64_t> before;
  for (const auto& token : tokens) before.push_back(number(status(token), "position"));
  for (std::size_t i = 1; i < 5; ++i) EXPECT_EQ(before[i], before[0] + std::int64_t(i));
  api.send(leave(tokens[1]));
  std::vector<std::int64_t> after;
  for (const auto& token : tokens) after.push_back(number(status(token), "position"));
  EXPECT_EQ(after[0], before[0]);
  for (std::size_t i = 2; i < 5; ++i) EXPECT_EQ(after[i], before[i] - 1);
}

// R-Q4
TEST_F(Queue, a_waiting_place_can_be_given_up_and_a_new_one_taken_at_the_end) {
  const std::string me = new_user();
  const ApiReply first = api.send(join(me, kFull));
  const std::string token = text(first.data(), "token");
  api.send(join(new_user(), kFull));
  const ApiReply left = api.send(leave(token));
  EXPECT_EQ(left.status, 200);
  EXPECT_EQ(text(left.data(), "status"), "EXPIRED");
  EXPECT_EQ(text(status(token), "status"), "EXPIRED");
  expect_refusal(hold({me, token}, 1), 401, "TOKEN_EXPIRED");
  EXPECT_EQ(api.send(leave(token)).status, 200);  // leaving twice changes nothing
  const ApiReply anew = api.send(join(me, kFull));
  EXPECT_EQ(anew.status, 201);
  EXPECT_NE(text(anew.data(), "token"), token);
  EXPECT_GT(number(anew.data(), "position"), number(first.data(), "position"));
}

// R-Q4, R-Q11
TEST_F(Queue, leaving_a_visit_ends_it_and_frees_its_holds) {
  const Visitor who = fan();
  const std::int64_t seat = free_seat(who);
  const std::int64_t id = number(api.send(hold(who, seat)).data(), "id");
  const ApiReply left = api.send(leave(who.token));
  ASSERT_EQ(left.status, 200);
  EXPECT_EQ(text(left.data(), "status"), "EXPIRED");
  const auto told = status(who.token);
  EXPECT_EQ(text(told, "status"), "EXPIRED");
  EXPECT_FALSE(told.at("activatedAt").is_null());
  EXPECT_EQ(text(told, "expiresAt"), text(left.data(), "expiresAt"));
  EXPECT_EQ(text(api.send(get_reservation(who, id)).data(), "status"), "CANCELLED");
  expect_refusal(hold(who, seat), 401, "TOKEN_EXPIRED");
  EXPECT_EQ(api.send(hold(fan(), seat)).status, 201);
}

// R-Q10, R-Q11: the next one is let in without anybody polling, within 100 ms. A busy machine's disk may take
// longer than that for one commit, so the best of a few counts.
TEST_F(Queue, a_slot_goes_to_the_next_as_soon_as_it_is_free) {
  Deployment alone{std::string(kSale)};
  Api its_api(alone.urls());
  Visitor inside = enter(its_api, user(1), kFull);
  Millis best{1'000'000};
  for (std::uint64_t n = 2; n <= 6; ++n) {
    const std::string waiting = text(its_api.send(join(user(n), kFull)).data(), "token");
    const TimePoint freed = *parse_rfc3339(text(its_api.send(leave(inside.token)).data(), "expiresAt"));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // nobody asks
    inside = enter(its_api, user(n), kFull);
    EXPECT_EQ(inside.token, waiting);
    const auto told = its_api.send(queue_status(waiting)).data();
    const TimePoint let_in = *parse_rfc3339(text(told, "activatedAt"));
    EXPECT_GE(let_in, freed);
    best = std::min(best, let_in - freed);
  }
  EXPECT_LE(best, Millis(100));
}

// R-Q5, R-Q11: a visit ends by itself, and the fan is told when it did.
TEST_F(Queue, a_visit_ends_by_itself) {
  const Visitor who = fan(kShort);
  const auto told = status(who.token);
  const TimePoint end = *parse_rfc3339(text(told, "expiresAt"));
  EXPECT_EQ(end - *parse_rfc3339(text(told, "activatedAt")), Millis(3000));
  await([&] { return text(status(who.token), "status") == "EXPIRED"; });
  EXPECT_EQ(text(status(who.token), "expiresAt"), text(told, "expiresAt"));
  EXPECT_EQ(text(status(who.token), "activatedAt"), text(told, "activatedAt"));
  expect_refusal(list_dates(who.token, kShort), 401, "TOKEN_EXPIRED");
  EXPECT_EQ(api.send(join(who.user, kShort)).status, 201);
}

// R-Q11: visit_max is an absolute cap, also of the holds.
TEST_F(Queue, a_hold_renews_the_visit_but_never_beyond_its_cap) {
  const Visitor who = fan(kShort);
  const TimePoint begin = *parse_rfc3339(text(status(who.token), "activatedAt"));
  await([&] { return now_of_server() >= begin + Millis(2500); });
  const ApiReply held = api.send(hold(who, free_seat(who, 70)));
  ASSERT_EQ(held.status, 201) << held.body;
  const TimePoint ends = *parse_rfc3339(text(held.data(), "expiresAt"));
  EXPECT_EQ(text(status(who.token), "expiresAt"), text(held.data(), "expiresAt"));
  EXPECT_GT(ends, begin + Millis(3000));
  EXPECT_LE(ends, begin + Millis(4000));
}

// R-Q8
TEST_F(Queue, without_an_event_there_must_be_one_on_sale) {
  const ApiReply several = api.send(join(new_user()));
  EXPECT_EQ(several.status, 400);
  EXPECT_EQ(several.code(), "EVENT_ID_REQUIRED");
  EXPECT_THAT(error_paths(several), ElementsAre("eventId"));

  std::string one_event(
      kSale.substr(0, kSale.find("  - id: 4")));  // only event 1 is on sale of the first three
  ServerProcess alone({.catalogue = one_event});
  EXPECT_EQ(number(Api(alone.url()).send(join(user(1))).data(), "eventId"), kClub);

  ServerProcess with_default({.catalogue = std::string(kSale), .settings = {{"queue.default_event", "5"}}});
  EXPECT_EQ(number(Api(with_default.url()).send(join(user(1))).data(), "eventId"), kWindows);

  ServerProcess none;
  const ApiReply nothing = Api(none.url()).send(join(user(1)));
  EXPECT_EQ(nothing.code(), "EVENT_ID_REQUIRED");
}

// R-Q1, section 8
TEST_F(Queue, an_event_that_is_not_open_takes_nobody) {
  expect_refusal(join(new_user(), kSoon), 409, "EVENT_NOT_ON_SALE");
  expect_refusal(join(new_user(), kOver), 409, "EVENT_NOT_ON_SALE");
  expect_refusal(join(new_user(), 999), 404, "EVENT_NOT_FOUND");
}

// R-Q13 (the gathering alone; the draw comes later)
TEST_F(Queue, people_may_gather_before_the_sale_and_nobody_is_let_in) {
  const ApiReply reply = api.send(join(new_user(), kGathering));
  ASSERT_EQ(reply.status, 201) << reply.body;
  EXPECT_EQ(text(reply.data(), "status"), "CREATED");
  expect_refusal(list_dates(text(reply.data(), "token"), kGathering), 403, "WRONG_TOKEN_TURN");
}

// R-Q7: places are per event.
TEST_F(Queue, events_never_share_a_queue) {
  const Visitor who = fan();
  const ApiReply elsewhere = api.send(join(who.user, kFull));
  EXPECT_EQ(elsewhere.status, 201);
  EXPECT_EQ(text(status(who.token), "status"), "ACTIVATED");
  EXPECT_EQ(text(status(text(elsewhere.data(), "token")), "status"), "CREATED");
}

// R-Q15
TEST_F(Queue, polling_too_soon_is_refused_beyond_a_burst_and_costs_nothing) {
  enter(api, user(900'001), kPolled);
  const std::string token = text(api.send(join(new_user(), kPolled)).data(), "token");
  ApiReply refused = api.send(queue_status(token));
  int allowed = 0;
  for (; refused.ok() && allowed < 20; ++allowed) refused = api.send(queue_status(token));
  EXPECT_GE(allowed, 5);
  EXPECT_LT(allowed, 20);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.code(), "POLL_TOO_SOON");
  EXPECT_GE(std::atoi(refused.header("Retry-After").c_str()), 1);
  await([&] { return api.send(queue_status(token)).ok(); });
}

// R-Q14
TEST_F(Queue, the_estimate_grows_with_the_people_ahead) {
  ServerProcess slow({.catalogue = [] {
    std::string yaml(kSale);
    const std::string fast = "{admission: capacity, capacity: 1, active_ttl: 30m, poll_min: 0s}";
    return yaml.replace(yaml.find(fast), fast.size(),
                        "{admission: interval, people: 10, every: 10s, poll_min: 0s}");
  }()});
  Api its_api(slow.url());
  std::vector<std::int64_t> estimates;
  for (std::uint64_t n = 1; n <= 40; ++n) {
    const auto data = its_api.send(join(user(n), kFull)).data();
    if (text(data, "status") == "CREATED") estimates.push_back(number(data, "estimatedWaitSeconds"));
  }
  EXPECT_TRUE(std::is_sorted(estimates.begin(), estimates.end()));
  EXPECT_GE(estimates.back(), 20);
  EXPECT_LE(estimates.back(), 60);
}

// R-Q6: every change to a token makes it none, and a token of another server's key too.
TEST_F(Queue, only_this_servers_tokens_count) {
  const std::string token = fan().token.substr(7);
  const auto refused = [&](const std::string& text) {
    expect_refusal(queue_status(text), 401, "TOKEN_NOT_FOUND");
  };
  for (std::size_t i = 0; i < token.size(); i += 5) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    if (changed != token) refused(changed);
  }
  refused(token.substr(0, token.size() - 1));
  refused(token + "A");
  refused("nonsense");
  ServerProcess other({.catalogue = std::string(kSale)});
  Api its_api(other.url());
  refused(enter(its_api, user(1), kClub).token);
  expect_refusal({.method = "GET", .target = "/queue"}, 401, "TOKEN_NOT_FOUND");
  expect_refusal({.method = "DELETE", .target = "/queue"}, 401, "TOKEN_NOT_FOUND");
}

// R-X4
TEST_F(Queue, the_token_may_travel_in_either_header) {
  const std::string token = fan().token;
  const auto with = [&](std::string name, std::string value) {
    return api.send(Call{.method = "GET", .target = "/queue"}.with_header(std::move(name), std::move(value)))
        .status;
  };
  EXPECT_EQ(with("Authorization", token), 200);
  EXPECT_EQ(with("queue-token", token), 200);
  EXPECT_EQ(with("queue-token", token.substr(7)), 200);
  EXPECT_EQ(with("Authorization", token.substr(7)), 401);
}

// R-X7
TEST_F(Queue, status_answers_304_to_who_has_it_already) {
  const Visitor who = fan();
  ASSERT_FALSE(api.send(queue_status(who.token)).header("ETag").empty());
  // pollAfterMs of an active visit shrinks with its rest, so the tag may change between two calls.
  await([&] {
    const ApiReply now = api.send(queue_status(who.token));
    return api.send(queue_status(who.token).with_header("If-None-Match", now.header("ETag"))).status == 304;
  });
}

}  // namespace
}  // namespace stagedoor::test
