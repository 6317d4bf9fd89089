// A line's log as one partition of a Kafka topic (decision 0028), for the joins of all events: the key is the
// event's id, the value the user and the random id, 16 bytes each; a place that is put back has place and
// epoch behind them, 4 bytes each, the highest byte first. The topic must keep its records while events live:
// no retention, no compaction.
//
// A position's `high` is the offset + 1, so that {} is before the first record.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ports/line_log.h"

namespace stagedoor::kafka {

struct KafkaLogOptions {
  std::string brokers;  // "host:port,host:port"
  std::string topic;
  std::vector<std::pair<std::string, std::string>> properties = {};  // of librdkafka
  Millis timeout{4000};    // of an append, and of each call of the reader; shorter than a caller waits
  Millis fetch_wait{100};  // after which a broker that has no new record says so
};

// The topic would lose joins, or it is not there and cannot be made. The text says what to do.
struct TopicUnusable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class KafkaLog final : public LineLog {
 public:
  // Does not wait for a connection. Throws std::runtime_error with librdkafka's text if it refuses a
  // property.
  explicit KafkaLog(KafkaLogOptions options);
  ~KafkaLog() override;  // answers what is not acknowledged

  // Looks whether the topic keeps its records, and makes it if it is not there. Throws TopicUnusable,
  // LogUnavailable. What the brokers do not let us see is taken as right, with a warning.
  void prepare_topic();

  void append(const LogRecord& record, Done done) override;
  std::vector<LogRecord> read(const std::map<EventId, LogPosition>& after, std::size_t limit,
                              Millis wait) override;
  std::optional<LogRecord> find(EventId event, LogPosition at) override;
  LogPosition head(EventId event) override;  // reads the whole partition

 private:
  class Appender;
  class Reader;

  const KafkaLogOptions options_;
  const std::unique_ptr<Appender> appender_;
  const std::unique_ptr<Reader> reader_;
};

}  // namespace stagedoor::kafka
