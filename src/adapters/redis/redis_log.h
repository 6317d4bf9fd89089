// A line's log as a stream of a Redis server for each event (decision 0028): key `{event:ID}:line`, fields
// `u` (user) and `r` (random id) of 16 bytes each; a place that is put back has `p` and `e` (place and
// epoch), too. Streams are not trimmed.
//
// Redis acknowledges before its disk and its replicas have a record, so a crash or a fail-over may lose the
// newest ones. No TLS: hiredis 0.14 has none.
#pragma once

#include <condition_variable>
#include <deque>
#include <optional>
#include <thread>

#include "adapters/redis/connection.h"
#include "core/guarded.h"
#include "ports/line_log.h"

namespace stagedoor::redis {

class RedisLog final : public LineLog {
 public:
  struct Options {
    RedisUrl url;
    Millis timeout{1000};  // of connecting, and of each answer
    Millis pause_min{50};  // between attempts to connect; doubled up to pause_max
    Millis pause_max{2000};
    std::size_t waiting_max = 20'000;  // records; beyond it they are not appended
    std::size_t sent_at_once = 512;
  };

  explicit RedisLog(Options options);
  ~RedisLog() override;  // what was not sent is not appended

  void append(const LogRecord& record, Done done) override;
  std::vector<LogRecord> read(const std::map<EventId, LogPosition>& after, std::size_t limit,
                              Millis wait) override;
  std::optional<LogRecord> find(EventId event, LogPosition at) override;
  LogPosition head(EventId event) override;

 private:
  struct Waiting {
    LogRecord record;
    Done done;
  };

  // The thread that appends.
  void run();
  std::vector<Waiting> take();  // empty: stop
  // Sends all, and answers each. Drops the connection if it breaks.
  void send(std::vector<Waiting>& records);
  void connect_appender();

  // The reader's connection, for `f(connection)`; it is dropped when f fails.
  template <class F>
  auto with_reader(F&& f);

  const Options options_;

  Mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> waiting_ ABSL_GUARDED_BY(mutex_);
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;

  // The thread that appends.
  std::optional<Connection> appender_;
  std::chrono::steady_clock::time_point connect_at_{};
  Millis pause_{};

  std::optional<Connection> reader_;  // the reader's thread
  std::thread thread_;
};

}  // namespace stagedoor::redis
