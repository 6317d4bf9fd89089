#include "crowd/load.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "core/uuid.h"
#include "support/scripted_server.h"

namespace stagedoor::crowd {
namespace {

using testing::Pair;
using testing::UnorderedElementsAre;

TEST(RequestTemplate, fills_in_numbers_uuids_and_columns) {
  const Endpoint to = resolve("http://127.0.0.1:81");
  RequestTemplate request(to, {.method = "POST",
                               .target = "/u/{1}",
                               .headers = {{"Authorization", "Bearer {2}"}},
                               .body = R"({"seatId":{n},"a":{"b":"{1}"}})"});
  std::string bytes = "left over";
  request.render(bytes, 42, {"ann", "tok"});
  EXPECT_EQ(
      bytes,
      "POST /u/ann HTTP/1.1\r\nHost: 127.0.0.1:81\r\nAuthorization: Bearer tok\r\n"
      "Content-Type: application/json\r\nContent-Length: 29\r\n\r\n{\"seatId\":42,\"a\":{\"b\":\"ann\"}}");
  RequestTemplate plain(to, {.target = "/x"});
  plain.render(bytes, 1, {});
  EXPECT_EQ(bytes, "GET /x HTTP/1.1\r\nHost: 127.0.0.1:81\r\n\r\n");
}

TEST(RequestTemplate, scatters_over_a_range_without_repeats) {
  RequestTemplate request(resolve("http://127.0.0.1:81"), {.target = "{s}"}, {.first = 100, .count = 1000});
  std::set<std::string> seen;
  std::string bytes;
  for (std::uint64_t n = 0; n < 1000; ++n) {
    request.render(bytes, n, {});
    const int number = std::stoi(bytes.substr(4));
    EXPECT_TRUE(number >= 100 && number < 1100);
    EXPECT_TRUE(seen.insert(bytes).second);
  }
}

TEST(RequestTemplate, scatters_piece_after_piece) {
  RequestTemplate request(resolve("http://127.0.0.1:81"), {.target = "{s}"},
                          {.first = 100, .count = 250, .piece = 100});
  std::set<int> seen;
  std::string bytes;
  for (int n = 0; n < 250; ++n) {
    request.render(bytes, std::uint64_t(n), {});
    const int number = std::stoi(bytes.substr(4)) - 100;
    EXPECT_EQ(number / 100, n / 100);
    EXPECT_TRUE(number < 250 && seen.insert(number).second);
  }
}

TEST(RequestTemplate, gives_every_number_another_well_formed_uuid) {
  RequestTemplate request(resolve("http://127.0.0.1:81"), {.target = "{uuid}"});
  std::set<std::string> seen;
  std::string bytes;
  for (std::uint64_t n = 0; n < 20'000; ++n) {
    request.render(bytes, n, {});
    const std::string uuid = bytes.substr(4, 36);
    ASSERT_TRUE(parse_uuid(uuid).has_value()) << uuid;
    ASSERT_TRUE(seen.insert(uuid).second);
  }
}

TEST(Load, sends_exactly_that_many_and_counts_every_answer) {
  ScriptedServer server([](const auto& request) -> std::string {
    if (request.target == "/7") return "";
    if (request.target == "/8") return answer(409, R"({"success":false,"code":"SEAT_OCCUPIED"})");
    return answer(201, "x");
  });
  const LoadReport report = run_load(
      {.url = server.url(), .request = {.target = "/{n}"}, .first = 5, .requests = 200, .connections = 9});
  EXPECT_EQ(report.sent, 200u);
  EXPECT_THAT(report.answers, UnorderedElementsAre(Pair("201", 198), Pair("409 SEAT_OCCUPIED", 1),
                                                   Pair("no answer: closed before an answer", 1)));
  EXPECT_EQ(report.measured, 200u);
  EXPECT_EQ(report.latency.count(), 200u);
  EXPECT_GT(report.busy, 0);
  EXPECT_LT(report.busy, 1);
}

TEST(Load, goes_round_the_rows_of_values) {
  std::map<std::string, int> seen;
  ScriptedServer server([&](const auto& request) {
    ++seen[std::string(request.target)];
    return answer(200, "");
  });
  run_load({.url = server.url(),
            .request = {.target = "/{1}"},
            .values = {{"a"}, {"b"}, {"c"}},
            .requests = 10,
            .connections = 1});
  EXPECT_EQ(seen, (std::map<std::string, int>{{"/a", 4}, {"/b", 3}, {"/c", 3}}));
}

// A server that stands still for a moment delays what should have been sent meanwhile; an open model counts
// that delay, a closed loop would see one slow answer.
TEST(Load, open_model_measures_from_the_intended_send_time) {
  int asked = 0;
  ScriptedServer server([&](const auto&) {
    if (++asked == 20) std::this_thread::sleep_for(std::chrono::milliseconds(200));
    return answer(200, "");
  });
  const LoadReport report =
      run_load({.url = server.url(), .request = {}, .requests = 100, .rate = 500, .connections = 1});
  EXPECT_EQ(report.sent, 100u);
  EXPECT_GT(report.latency.percentile(0.7), std::chrono::milliseconds(50));
}

TEST(Load, open_model_keeps_its_rate) {
  ScriptedServer server([](const auto&) { return answer(200, ""); });
  const LoadReport report = run_load({.url = server.url(),
                                      .request = {},
                                      .rate = 1000,
                                      .connections = 4,
                                      .warm_up = std::chrono::milliseconds(20),
                                      .duration = std::chrono::milliseconds(100)});
  EXPECT_EQ(report.sent, 120u);
  EXPECT_EQ(report.measured, 100u);
}

TEST(Load, open_model_shows_a_rate_that_was_not_kept) {
  ScriptedServer server([](const auto&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return answer(200, "");
  });
  const LoadReport report = run_load({.url = server.url(),
                                      .request = {},
                                      .rate = 1000,
                                      .connections = 1,
                                      .duration = std::chrono::milliseconds(100)});
  EXPECT_EQ(report.measured, 100u);
  EXPECT_LE(report.per_second, 210);
}

// R-L1: a join, then a status query with the token of its answer
TEST(Load, goes_on_with_what_it_takes_from_the_answer) {
  ScriptedServer server([](const ScriptedServer::Request& request) {
    if (request.method == "POST") {
      const bool is_third = request.body == "2";
      return is_third ? answer(409, R"({"code":"FULL"})")
                      : answer(201, fmt::format(R"({{"a":"t{}"}})", request.body));
    }
    return answer(request.head.find("Authorization: t") == std::string_view::npos ? 401 : 200, "{}");
  });
  const auto report = run_load({.url = server.url(),
                                .request = {.method = "POST", .target = "/", .body = "{n}"},
                                .then = Request{.target = "/", .headers = {{"Authorization", "{1}"}}},
                                .take = R"("a":")",
                                .requests = 10,
                                .rate = 1000,
                                .connections = 2});
  EXPECT_THAT(report.answers, UnorderedElementsAre(Pair("201", 9), Pair("409 FULL", 1), Pair("200", 9)));
  EXPECT_EQ(report.sent, 10u);
  EXPECT_EQ(report.latency.count(), 10u);
  EXPECT_EQ(report.first.count(), 9u);
  EXPECT_EQ(report.second.count(), 9u);
  EXPECT_LE(report.second.max(), report.latency.max());
}

TEST(Load, counts_an_answer_that_lacks_what_it_was_to_give) {
  ScriptedServer server([](const ScriptedServer::Request&) { return answer(200, R"({"b":"t"})"); });
  const auto report = run_load({.url = server.url(),
                                .then = Request{.target = "/"},
                                .take = R"("a":")",
                                .requests = 3,
                                .connections = 1});
  EXPECT_THAT(report.answers, UnorderedElementsAre(Pair("200", 3), Pair("no text for {1}", 3)));
}

TEST(Load, closed_loop_ends_in_time) {
  ScriptedServer server([](const auto&) { return answer(200, ""); });
  const LoadReport report = run_load(
      {.url = server.url(), .request = {}, .connections = 4, .duration = std::chrono::milliseconds(50)});
  EXPECT_GT(report.measured, 0u);
  EXPECT_NEAR(report.seconds, 0.05, 0.001);
  EXPECT_EQ(report.answers.at("200"), report.sent);
}

TEST(Load, keeps_the_answers_when_asked) {
  ScriptedServer server([](const auto& request) { return answer(200, request.target); });
  const std::string file = testing::TempDir() + "stagedoor-load-answers";
  run_load({.url = server.url(),
            .request = {.target = "/{n}"},
            .requests = 3,
            .connections = 1,
            .answers_file = file});
  std::ifstream in(file);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(text, "/0\n/1\n/2\n");
  std::remove(file.c_str());
}

}  // namespace
}  // namespace stagedoor::crowd
