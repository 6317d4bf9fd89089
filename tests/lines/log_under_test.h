// The logs that the suite of lines runs on, and the parts of its tests.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "ports/line_log.h"

namespace stagedoor::lines {

inline constexpr EventId kEvent{1}, kOther{2};

inline Uuid uuid(std::uint8_t kind, std::uint32_t number) {
  Uuid id;
  id.bytes[0] = kind;
  for (std::size_t i = 0; i < 4; ++i) id.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  return id;
}
inline UserId user(std::uint32_t number) { return uuid(1, number); }
inline Uuid random_id(std::uint32_t number) { return uuid(2, number); }

inline LogRecord join(std::uint32_t number, EventId event = kEvent) {
  return {.event = event, .at = {}, .random = random_id(number), .user = user(number)};
}

// Appends, and waits for the outcome.
inline LineLog::Outcome append(LineLog& log, const LogRecord& record) {
  std::promise<LineLog::Outcome> promise;
  auto outcome = promise.get_future();
  log.append(record, [&](LineLog::Outcome what) { promise.set_value(what); });
  return outcome.get();
}

inline std::vector<UserId> users_of(const std::vector<LogRecord>& records) {
  std::vector<UserId> users;
  for (const LogRecord& record : records) users.push_back(record.user);
  return users;
}

// All records of the event behind the position.
inline std::vector<LogRecord> read_all(LineLog& log, EventId event = kEvent, LogPosition after = {}) {
  std::vector<LogRecord> all;
  for (;;) {
    const auto page = log.read({{event, after}}, 100, Millis(50));
    for (const LogRecord& record : page)
      if (record.at > after) all.push_back(record);
    if (page.empty()) return all;
    after = page.back().at;
  }
}

struct LogUnderTest {
  std::shared_ptr<void> server;  // null: it needs none
  std::unique_ptr<LineLog> log;
  // The log of one more instance; empty: all may use `log`, which has no position of its own.
  std::function<std::unique_ptr<LineLog>()> open;
  std::function<void()> wipe;
};
struct LogKind {
  const char* name;
  LogUnderTest (*make)();
};
inline void PrintTo(const LogKind& kind, std::ostream* out) { *out << kind.name; }
std::vector<LogKind> log_kinds();  // those that can be had here

}  // namespace stagedoor::lines
