// Log lines are JSON with ECS names (R-O4, R-O5), and numbers in them are numbers (R-A9).
#include "app/instance/logging.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "app/instance/action_log.h"
#include "core/ensure.h"

namespace stagedoor {
namespace {

TEST(LogLine, is_json_with_ecs_names) {
  const LogField fields[] = {{"http.request.id", "r-1"},
                             {"error.message", "disk \"full\"\n"},
                             {"http.response.status_code", 500},
                             {"event.duration", std::int64_t{1} << 40}};
  const auto line = boost::json::parse(log_line(from_ms(0), LogLevel::warn, "it\tbroke", fields)).as_object();
  EXPECT_EQ(line.at("@timestamp"), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(line.at("log.level"), "warn");
  EXPECT_EQ(line.at("message"), "it\tbroke");
  EXPECT_EQ(line.at("http.request.id"), "r-1");
  EXPECT_EQ(line.at("error.message"), "disk \"full\"\n");
  EXPECT_EQ(line.at("http.response.status_code"), 500);
  EXPECT_EQ(line.at("event.duration"), std::int64_t{1} << 40);
}

// What `use` logs from level `level` on, one line each.
template <class Use>
std::vector<boost::json::object> logged(std::string_view level, Use use) {
  testing::internal::CaptureStderr();
  start_logging(level);
  use();
  flush_log();
  set_log_sink({});
  std::vector<boost::json::object> lines;
  std::istringstream written(testing::internal::GetCapturedStderr());
  for (std::string line; std::getline(written, line);) lines.push_back(boost::json::parse(line).as_object());
  return lines;
}

TEST(Logging, writes_one_line_per_entry_to_standard_error_and_drops_lines_below_the_level) {
  const auto lines = logged("warn", [] {
    log(LogLevel::info, "quiet");
    log(LogLevel::error, "loud", {{"http.request.id", "r-2"}});
    log(LogLevel::warn, "also");
  });
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].at("message"), "loud");
  EXPECT_EQ(lines[0].at("http.request.id"), "r-2");
  EXPECT_EQ(lines[1].at("log.level"), "warn");
}

// R-A9
TEST(Logging, counts_events_that_repeat_and_writes_each_record) {
  const auto lines = logged("info", [] {
    for (int i = 0; i < 1000; ++i) log(LogLevel::error, "it broke", {{"error.message", std::to_string(i)}});
    for (int i = 0; i < 3; ++i) log(LogLevel::info, "request", {{kRecordField, "stagedoor.request"}});
  });
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0].at("error.message"), "0");
  EXPECT_FALSE(lines[0].contains("count"));
  for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(lines[i].at("message"), "request");
  EXPECT_EQ(lines[4].at("error.message"), "1");
  EXPECT_EQ(lines[4].at("count"), 999);
}

// R-A9: an operator's action is a line; what it was about may be a person and is left to the audit log.
TEST(ActionLog, tells_each_action_of_an_operator) {
  ActionLog actions;
  Batch batch;
  for (const char* action : {"queue.pause", "queue.resume"})
    batch.log.push_back(
        {.operator_name = "anna", .action = action, .event = EventId{7}, .detail = R"({"userId":"who"})"});
  const auto lines = logged("info", [&] {
    actions.on_commit(batch);
    actions.on_remote_commit(batch);
  });
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].at("event.action"), "queue.pause");
  EXPECT_EQ(lines[0].at("user.name"), "anna");
  EXPECT_EQ(lines[0].at("stagedoor.event.id"), 7);
  EXPECT_EQ(lines[1].at("event.action"), "queue.resume");
  EXPECT_EQ(boost::json::serialize(lines[0]).find("who"), std::string::npos);
}

// Quotes and backslashes of a statement must not break the line (the last one of the process).
TEST(DieOfBug, writes_its_reason_as_json) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // other tests have threads
  EXPECT_DEATH(
      {
        start_logging("error");
        log(LogLevel::error, "before");
        die_of_bug("INSERT \"a\\b\"\nfailed");
      },
      R"re("message":"before"(.|\n)*"log.level":"fatal","message":"bug: INSERT \\"a\\\\b\\"\\nfailed")re"
      R"re(.*"log.origin.file.line":[0-9]+\})re");
}

}  // namespace
}  // namespace stagedoor
