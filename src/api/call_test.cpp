// Answers that wait for a sync with other instances.
#include "api/call.h"

#include <gmock/gmock.h>

#include "support/manual_clock.h"
#include "support/shared_store.h"

namespace stagedoor::api {
namespace {

using testing::ElementsAre;

struct Sink final : http::Reply::Sink {
  void take(Answer&& answer) noexcept override { statuses.push_back(answer.status); }
  std::vector<int> statuses;
};

class AnswerAfterSync : public testing::Test {
 protected:
  AnswerAfterSync() {
    lines.clear();
    set_log_writer([](LogLevel, std::string_view message, std::span<const LogField> fields) {
      std::string line(message);
      for (const LogField& field : fields) line += " " + std::string(field.text);
      lines.push_back(std::move(line));
    });
  }
  ~AnswerAfterSync() override { set_log_writer(nullptr); }

  void run() {
    while (lane.run_once()) {
    }
  }

  inline static std::vector<std::string> lines;
  test::SharedRows rows;
  test::SharedStore store{rows, 1};
  test::ManualClock clock{from_ms(1'790'000'000'000)};
  Lane lane{
      store.ports(), clock, [] { return std::make_shared<const Catalogue>(); }, &http::render_refusal, {}};
  Sink sink;
};

TEST_F(AnswerAfterSync, waits_for_the_sync) {
  answer_after_sync(lane, http::Reply(sink), [](http::Reply reply) { reply({.status = 201}); });
  EXPECT_TRUE(sink.statuses.empty());
  run();
  EXPECT_THAT(sink.statuses, ElementsAre(201));
}

TEST_F(AnswerAfterSync, may_be_given_later) {
  std::optional<http::Reply> kept;
  answer_after_sync(lane, http::Reply(sink), [&](http::Reply reply) { kept.emplace(std::move(reply)); });
  run();
  EXPECT_TRUE(sink.statuses.empty());
  (*kept)({.status = 201});
  EXPECT_THAT(sink.statuses, ElementsAre(201));
}

// Otherwise the exception would end the lane's thread, and the process with it.
TEST_F(AnswerAfterSync, that_fails_is_500_and_logged) {
  answer_after_sync(
      lane, http::Reply(sink), [](http::Reply) { throw std::runtime_error("planted"); }, "look-1");
  run();
  EXPECT_THAT(sink.statuses, ElementsAre(500));
  EXPECT_THAT(lines, ElementsAre("handler failed planted look-1"));
}

TEST_F(AnswerAfterSync, is_refused_when_the_lane_stops) {
  answer_after_sync(lane, http::Reply(sink), [](http::Reply reply) { reply({.status = 201}); });
  lane.stop();
  answer_after_sync(lane, http::Reply(sink), [](http::Reply reply) { reply({.status = 201}); });
  EXPECT_THAT(sink.statuses, ElementsAre(503, 503));
}

}  // namespace
}  // namespace stagedoor::api
