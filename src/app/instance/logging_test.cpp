// Log lines are JSON with ECS names (R-O4, R-O5).
#include "app/instance/logging.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <boost/json/parse.hpp>

namespace stagedoor {
namespace {

TEST(LogLine, is_json_with_ecs_names) {
  const LogField fields[] = {{"http.request.id", "r-1"}, {"error.message", "disk \"full\"\n"}};
  const auto line = boost::json::parse(log_line(from_ms(0), LogLevel::warn, "it\tbroke", fields)).as_object();
  EXPECT_EQ(line.at("@timestamp"), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(line.at("log.level"), "warn");
  EXPECT_EQ(line.at("message"), "it\tbroke");
  EXPECT_EQ(line.at("http.request.id"), "r-1");
  EXPECT_EQ(line.at("error.message"), "disk \"full\"\n");
}

TEST(Logging, writes_one_line_per_entry_to_standard_error_and_drops_lines_below_the_level) {
  testing::internal::CaptureStderr();
  start_logging("warn");
  log(LogLevel::info, "quiet");
  log(LogLevel::error, "loud", {{"http.request.id", "r-2"}});
  spdlog::warn("direct {}", 7);
  spdlog::info("quiet too");
  const std::string written = testing::internal::GetCapturedStderr();
  set_log_writer(nullptr);
  const auto end_of_first = written.find('\n');
  ASSERT_NE(end_of_first, std::string::npos);
  const auto first = boost::json::parse(written.substr(0, end_of_first)).as_object();
  EXPECT_EQ(first.at("message"), "loud");
  EXPECT_EQ(first.at("http.request.id"), "r-2");
  const auto second =
      boost::json::parse(written.substr(end_of_first + 1, written.size() - end_of_first - 2)).as_object();
  EXPECT_EQ(second.at("message"), "direct 7");
  EXPECT_EQ(second.at("log.level"), "warn");
}

}  // namespace
}  // namespace stagedoor
