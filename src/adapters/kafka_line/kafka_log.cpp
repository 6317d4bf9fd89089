#include "adapters/kafka_line/kafka_log.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <deque>
#include <limits>
#include <thread>

#include "core/guarded.h"
#include "core/log.h"
#include "core/parse_number.h"

namespace stagedoor::kafka_line {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::int32_t kPartition = 0;
constexpr int kPollMs = 50;
constexpr Millis kVerified{
    1000};  // between two looks whether the log still has the record that was read last

struct DeleteHandle {
  void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
};
using Handle = std::unique_ptr<rd_kafka_t, DeleteHandle>;
struct DeleteMessage {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using Message = std::unique_ptr<rd_kafka_message_t, DeleteMessage>;

using Settings = std::vector<std::pair<std::string, std::string>>;

// The library reports each attempt to connect; the cause of an outage is part of the exceptions.
void log_line(const rd_kafka_t*, int, const char*, const char* text) {
  log(LogLevel::debug, "message of the Kafka client", {{"error.message", text}});
}

// `fixed` goes before the operator's properties.
Handle make(rd_kafka_type_t type, const KafkaLogOptions& options, const Settings& fixed, void* opaque,
            void (*report)(rd_kafka_t*, const rd_kafka_message_t*, void*)) {
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  std::array<char, 512> why{};
  Settings all = {{"client.id", "stagedoor-line"}, {"reconnect.backoff.max.ms", "1000"}};
  all.insert(all.end(), options.properties.begin(), options.properties.end());
  all.insert(all.end(), fixed.begin(), fixed.end());
  all.emplace_back("bootstrap.servers", options.brokers);
  for (const auto& [name, value] : all) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size()) == RD_KAFKA_CONF_OK)
      continue;
    rd_kafka_conf_destroy(conf);
    throw std::runtime_error(why.data());
  }
  rd_kafka_conf_set_log_cb(conf, &log_line);
  rd_kafka_conf_set_opaque(conf, opaque);
  if (report) rd_kafka_conf_set_dr_msg_cb(conf, report);
  Handle handle(rd_kafka_new(type, conf, why.data(), why.size()));
  if (handle) return handle;
  rd_kafka_conf_destroy(conf);
  throw std::runtime_error(why.data());
}

void put_number(std::string& bytes, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(number >> shift & 0xff));
}
std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = at; i < at + 4; ++i) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}

std::string value_of(const LogRecord& record) {
  std::string bytes;
  for (const Uuid* id : {&record.user, &record.random})
    bytes.append(reinterpret_cast<const char*>(id->bytes.data()), id->bytes.size());
  if (record.place > 0) {
    put_number(bytes, record.place);
    put_number(bytes, static_cast<std::uint32_t>(record.epoch));
  }
  return bytes;
}

// nullopt: it is not one of ours.
std::optional<LogRecord> record_of(const rd_kafka_message_t& message) {
  const std::string_view key(static_cast<const char*>(message.key), message.key_len);
  const std::string_view value(static_cast<const char*>(message.payload), message.len);
  const auto event = parse_number<std::int64_t>(key);
  if (!event || (value.size() != 32 && value.size() != 40)) return std::nullopt;
  LogRecord record{.event = {*event}, .at = {message.offset + 1, 0}};
  std::memcpy(record.user.bytes.data(), value.data(), 16);
  std::memcpy(record.random.bytes.data(), value.data() + 16, 16);
  if (value.size() == 40) {
    record.place = number_at(value, 32);
    record.epoch = static_cast<std::int32_t>(number_at(value, 36));
  }
  return record;
}

// The offset of the first record that a reader at this position wants: the one at it, if it names one.
std::int64_t first_offset(LogPosition after) {
  return after.low == 0 && after.high > 0 ? after.high - 1 : after.high;
}

}  // namespace

// Appending ------------------------------------------------------------------------------------------------

class KafkaLog::Appender {
 public:
  explicit Appender(const KafkaLogOptions& options) : options_(options), producer_(make_producer()) {
    thread_ = std::thread([this] { run(); });
  }
  ~Appender() {
    is_stopping_ = true;
    thread_.join();
    close(*producer_.lock());
  }

  void append(const LogRecord& record, Done done) {
    const std::string key = std::to_string(record.event.value), value = value_of(record);
    auto waiting = std::make_unique<Done>(std::move(done));
    {
      const auto producer = producer_.lock();
      const auto error = rd_kafka_producev(
          producer->get(), RD_KAFKA_V_TOPIC(options_.topic.c_str()), RD_KAFKA_V_PARTITION(kPartition),
          RD_KAFKA_V_KEY(key.data(), key.size()),
          RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(waiting.get()), RD_KAFKA_V_END);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return (void)waiting.release();  // the report's now
    }
    (*waiting)(Outcome::not_appended);  // the queue is full, or the producer is at its end
  }

 private:
  // A repeat by the library itself is dropped by the broker (idempotence).
  Handle make_producer() const {
    return make(RD_KAFKA_PRODUCER, options_,
                {{"enable.idempotence", "true"},
                 {"acks", "all"},
                 {"linger.ms", "0"},
                 {"message.timeout.ms", std::to_string(options_.timeout.count())}},
                nullptr, &on_report);
  }

  static void on_report(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
    const std::unique_ptr<Done> done(static_cast<Done*>(message->_private));
    if (!message->err) return (*done)(Outcome::appended);
    const bool is_surely_not = rd_kafka_message_status(message) == RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
    (*done)(is_surely_not ? Outcome::not_appended : Outcome::unknown);
  }

  // Reports what is not acknowledged as such.
  static void close(Handle& producer) {
    rd_kafka_purge(producer.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    while (rd_kafka_outq_len(producer.get()) > 0) rd_kafka_poll(producer.get(), kPollMs);
  }

  void run() {
    rd_kafka_t* polled = producer_.lock()->get();  // only this thread replaces it
    while (!is_stopping_) {
      rd_kafka_poll(polled, kPollMs);
      std::array<char, 512> why{};
      if (rd_kafka_fatal_error(polled, why.data(), why.size()) == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      log(LogLevel::error, "the producer of joins has failed; a new one follows",
          {{"error.message", why.data()}});
      Handle next = make_producer();
      std::swap(*producer_.lock(), next);
      polled = producer_.lock()->get();
      close(next);
    }
  }

  const KafkaLogOptions options_;
  Guarded<Handle> producer_;
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

// Reading --------------------------------------------------------------------------------------------------

class KafkaLog::Reader {
 public:
  explicit Reader(KafkaLogOptions options) : options_(std::move(options)) {
    const Settings fixed = {{"group.id", "stagedoor-line"},   {"enable.auto.commit", "false"},
                            {"enable.partition.eof", "true"}, {"auto.offset.reset", "error"},
                            {"fetch.wait.max.ms", "100"},     {"fetch.min.bytes", "1"}};
    for (Handle* handle : {&follower_, &finder_}) {
      *handle = make(RD_KAFKA_CONSUMER, options_, fixed, nullptr, nullptr);
      rd_kafka_poll_set_consumer(handle->get());
    }
  }
  ~Reader() {
    for (Handle* handle : {&follower_, &finder_}) rd_kafka_consumer_close(handle->get());
  }

  std::vector<LogRecord> read(const std::map<EventId, LogPosition>& after, std::size_t limit, Millis wait) {
    follow(after);
    const auto begun = SteadyClock::now();
    std::size_t found = available(after);
    while (found < limit) {
      // Until the end of the partition is reached, what it has is waited for; behind it only as long as told.
      const auto until = begun + (is_at_end_ ? wait : std::max(wait, options_.timeout));
      const auto left = std::chrono::ceil<Millis>(until - SteadyClock::now());
      const bool may_wait = found == 0 && left > Millis(0);
      const Message message(
          rd_kafka_consumer_poll(follower_.get(), may_wait ? int(left.count()) : kArrivedMs));
      if (!message) {
        if (found == 0 && !is_at_end_) throw LogUnavailable("the brokers do not answer");
        break;
      }
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        is_at_end_ = true;
        if (found > 0) break;
        continue;
      }
      demand(*message);
      take(*message);
      found = available(after);
    }
    return page(after, limit);
  }

  std::optional<LogRecord> find(LogPosition at) {
    if (at.low != 0 || at.high <= 0) return std::nullopt;
    const std::int64_t offset = at.high - 1;
    const auto [low, high] = watermarks();
    if (offset < low || offset >= high) return std::nullopt;
    assign(finder_.get(), offset);
    const auto until = SteadyClock::now() + options_.timeout;
    while (SteadyClock::now() < until) {
      const Message message(rd_kafka_consumer_poll(finder_.get(), kPollMs));
      if (!message) continue;
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return std::nullopt;
      demand(*message);
      return message->offset == offset ? record_of(*message) : std::nullopt;
    }
    throw LogUnavailable("the brokers do not answer");
  }

  LogPosition head(EventId event) {
    const auto [low, high] = watermarks();
    LogPosition last;
    if (low == high) return last;
    assign(finder_.get(), low);
    const auto until = SteadyClock::now() + options_.timeout;
    while (SteadyClock::now() < until) {
      const Message message(rd_kafka_consumer_poll(finder_.get(), kPollMs));
      if (!message) continue;
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return last;
      demand(*message);
      const auto record = record_of(*message);
      if (record && record->event == event) last = record->at;
      if (message->offset + 1 >= high) return last;
    }
    throw LogUnavailable("the brokers do not answer");
  }

 private:
  static constexpr int kArrivedMs = 1;

  struct OfEvent {
    LogPosition given{};              // the position up to which records were given
    std::optional<LogRecord> last{};  // the record there, if it was given
    std::deque<LogRecord> records{};  // behind it
  };

  // Makes the follower read what is behind these positions: goes on where it is, if that is what is asked
  // for, and looks now and then whether the partition still has the record that it read last.
  void follow(const std::map<EventId, LogPosition>& after) {
    bool goes_on = next_offset_ >= 0;
    for (const auto& [event, position] : after) {
      const auto known = events_.find(event);
      goes_on = goes_on && known != events_.end() && known->second.given == position;
    }
    if (goes_on && SteadyClock::now() < verify_at_) return;
    verify_at_ = SteadyClock::now() + kVerified;
    if (goes_on && (!newest_ || has_still(*newest_))) return;
    events_.clear();
    newest_.reset();
    next_offset_ = -1;  // until all of this went well
    std::int64_t first = std::numeric_limits<std::int64_t>::max();
    for (const auto& [event, position] : after) {
      events_[event].given = position;
      first = std::min(first, first_offset(position));
    }
    const auto [low, high] = watermarks();
    first = std::clamp(first, low, high);  // a partition that was cut ends before what is asked for
    assign(follower_.get(), first);
    is_at_end_ = false;
    next_offset_ = first;
  }

  bool has_still(const LogRecord& record) {
    const auto found = find(record.at);
    return found && found->random == record.random;
  }

  void take(const rd_kafka_message_t& message) {
    next_offset_ = message.offset + 1;
    is_at_end_ = false;
    const auto record = record_of(message);
    if (!record) return;
    newest_ = record;
    const auto event = events_.find(record->event);
    if (event == events_.end()) return;
    OfEvent& state = event->second;
    if (record->at == state.given) state.last = record;
    else if (record->at > state.given) state.records.push_back(*record);
  }

  std::size_t available(const std::map<EventId, LogPosition>& after) const {
    std::size_t count = 0;
    for (const auto& [event, position] : after) count += events_.at(event).records.size();
    return count;
  }

  std::vector<LogRecord> page(const std::map<EventId, LogPosition>& after, std::size_t limit) {
    std::vector<LogRecord> records;
    for (const auto& [event, position] : after) {
      OfEvent& state = events_.at(event);
      if (state.records.empty()) continue;
      if (state.last) records.push_back(*state.last);
      const auto count = static_cast<std::ptrdiff_t>(std::min(limit, state.records.size()));
      records.insert(records.end(), state.records.begin(), state.records.begin() + count);
      state.last = records.back();
      state.given = records.back().at;
      state.records.erase(state.records.begin(), state.records.begin() + count);
    }
    return records;
  }

  void assign(rd_kafka_t* consumer, std::int64_t offset) const {
    rd_kafka_topic_partition_list_t* const partitions = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(partitions, options_.topic.c_str(), kPartition)->offset = offset;
    const rd_kafka_resp_err_t error = rd_kafka_assign(consumer, partitions);
    rd_kafka_topic_partition_list_destroy(partitions);
    if (error) throw LogUnavailable(rd_kafka_err2str(error));
  }

  // Of the first record, and behind the last one.
  std::pair<std::int64_t, std::int64_t> watermarks() const {
    std::int64_t low = 0, high = 0;
    const rd_kafka_resp_err_t error =
        rd_kafka_query_watermark_offsets(finder_.get(), options_.topic.c_str(), kPartition, &low, &high,
                                         static_cast<int>(options_.timeout.count()));
    if (error) throw LogUnavailable(rd_kafka_err2str(error));
    return {low, high};
  }

  // An offset that is out of range: the partition was cut, so reading begins anew at the next call.
  void demand(const rd_kafka_message_t& message) {
    if (!message.err) return;
    next_offset_ = -1;
    throw LogUnavailable(rd_kafka_message_errstr(&message));
  }

  const KafkaLogOptions options_;
  Handle follower_, finder_;
  std::map<EventId, OfEvent> events_;
  std::optional<LogRecord> newest_;  // of the partition, that the follower has read
  std::int64_t next_offset_ = -1;    // -1: it follows nothing
  bool is_at_end_ = false;           // nothing was behind next_offset_ when the broker was asked last
  SteadyClock::time_point verify_at_{};
};

KafkaLog::KafkaLog(KafkaLogOptions options)
    : appender_(std::make_unique<Appender>(options)), reader_(std::make_unique<Reader>(std::move(options))) {}
KafkaLog::~KafkaLog() = default;

void KafkaLog::append(const LogRecord& record, Done done) { appender_->append(record, std::move(done)); }

std::vector<LogRecord> KafkaLog::read(const std::map<EventId, LogPosition>& after, std::size_t limit,
                                      Millis wait) {
  if (after.empty()) return {};
  return reader_->read(after, limit, wait);
}

std::optional<LogRecord> KafkaLog::find(EventId event, LogPosition at) {
  const auto found = reader_->find(at);
  return found && found->event == event ? found : std::nullopt;
}

LogPosition KafkaLog::head(EventId event) { return reader_->head(event); }

}  // namespace stagedoor::kafka_line
