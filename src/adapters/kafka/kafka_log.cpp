#include "adapters/kafka/kafka_log.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <deque>
#include <limits>
#include <thread>

#include "adapters/kafka/client.h"
#include "adapters/kafka/topic_settings.h"
#include "core/guarded.h"
#include "core/log.h"
#include "core/parse_number.h"

namespace stagedoor::kafka {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::int32_t kPartition = 0;
constexpr int kPollMs = 50;
// A partition that lost its tail may have other records at the same offsets soon, and librdkafka 2.0 does not
// notice. That takes a new leader, so nothing arrives for three quarters of reconnect.backoff.ms at least.
// When nobody called for kAway, records that have arrived meanwhile may be from before and after a loss.
constexpr Millis kAway{150};
// When nothing came for kGap, the reader looks whether what it read last is still there. Less than that pause
// without kAway, and longer than a look takes: or each look would make the gap that asks for the next one.
constexpr Millis kGap{200};

constexpr Property kLogDefaults[] = {{"client.id", "stagedoor-line"}, {"reconnect.backoff.max.ms", "1000"}};
constexpr Property kProducing[] = {
    {"enable.idempotence", "true"},  // a repeat by the library itself is dropped by the broker
    {"acks", "all"},
    {"linger.ms", "0"},
    {"allow.auto.create.topics", "false"},  // a topic made by the way would have the broker's retention
};
constexpr Property kConsuming[] = {
    {"group.id", "stagedoor-line"},  // is demanded, and never used
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"enable.partition.eof", "true"},
    {"auto.offset.reset", "error"},
    {"fetch.min.bytes", "1"},
    {"reconnect.backoff.ms", "500"},  // of which at least three quarters are waited
};
// What the promises of this file rest on, with other names of these, and what would undo them.
constexpr std::string_view kLogRefused[] = {"enable.idempotence",
                                            "enable.gapless.guarantee",
                                            "acks",
                                            "request.required.acks",
                                            "linger.ms",
                                            "queue.buffering.max.ms",
                                            "message.timeout.ms",
                                            "delivery.timeout.ms",
                                            "transactional.id",
                                            "delivery.report.only.error",
                                            "enabled_events",
                                            "group.id",
                                            "enable.auto.commit",
                                            "enable.auto.offset.store",
                                            "enable.partition.eof",
                                            "auto.offset.reset",
                                            "allow.auto.create.topics",
                                            "fetch.min.bytes",
                                            "fetch.wait.max.ms",
                                            "reconnect.backoff.ms",
                                            "bootstrap.servers",
                                            "metadata.broker.list"};

struct DeleteMessage {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using Message = std::unique_ptr<rd_kafka_message_t, DeleteMessage>;

Conf configuration(const KafkaLogOptions& options, std::span<const Property> fixed) {
  Conf conf = configure(kLogDefaults, options.properties, kLogRefused, fixed);
  set(*conf, "bootstrap.servers", options.brokers.c_str());
  return conf;
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
  Handle make_producer() const {
    Conf conf = configuration(options_, kProducing);
    set(*conf, "message.timeout.ms", std::to_string(options_.timeout.count()).c_str());
    rd_kafka_conf_set_dr_msg_cb(conf.get(), &on_report);
    return make_client(RD_KAFKA_PRODUCER, std::move(conf));
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
  explicit Reader(const KafkaLogOptions& options) : options_(options) {
    // The finder asks for one record now and then, and may not wait for the request before.
    for (const auto& [handle, wait] : {std::pair(&follower_, options_.fetch_wait), {&finder_, Millis(1)}}) {
      Conf conf = configuration(options_, kConsuming);
      set(*conf, "fetch.wait.max.ms", std::to_string(wait.count()).c_str());
      *handle = make_client(RD_KAFKA_CONSUMER, std::move(conf));
      rd_kafka_poll_set_consumer(handle->get());
    }
  }
  ~Reader() {
    for (Handle* handle : {&follower_, &finder_}) rd_kafka_consumer_close(handle->get());
  }

  rd_kafka_t& client() const { return *finder_; }

  std::vector<LogRecord> read(const std::map<EventId, LogPosition>& after, std::size_t limit, Millis wait) {
    follow(after);
    const auto begun = SteadyClock::now();
    std::size_t found = available(after);
    while (found < limit) {
      // Until the end of the partition is reached, what it has is waited for; behind it only as long as told.
      const auto until = begun + (is_at_end_ ? wait : std::max(wait, options_.timeout));
      const auto left = std::chrono::ceil<Millis>(until - SteadyClock::now());
      // Behind a record only what has arrived is taken: in a rush the next one is always about to come.
      const int wait_ms = found > 0 ? 0 : std::max(kArrivedMs, int(left.count()));
      const Message message(rd_kafka_consumer_poll(follower_.get(), wait_ms));
      polled_at_ = SteadyClock::now();
      if (!message) {
        if (found == 0 && !is_at_end_) throw LogUnavailable("the brokers do not answer");
        break;
      }
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF && !is_repeated_) {
        is_at_end_ = true;
        if (found > 0) break;
        continue;
      }
      if (message->err) lose();  // an offset out of range: the partition was cut
      demand(*message);
      if (!is_of_one_piece(*message)) {
        lose();
        return {};
      }
      if (take(*message, after)) ++found;
    }
    return page(after, limit);
  }

  std::optional<LogRecord> find(LogPosition at) {
    if (at.low != 0 || at.high <= 0) return std::nullopt;
    const std::int64_t offset = at.high - 1;
    const Finding finding(*this, offset);
    const Message message = finding.next();
    const bool has_none = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF ||
                          message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
                          message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
    if (has_none) return std::nullopt;
    demand(*message);
    return message->offset == offset ? record_of(*message) : std::nullopt;
  }

  LogPosition head(EventId event) {
    const auto [low, high] = watermarks();
    LogPosition last;
    if (low == high) return last;
    const Finding finding(*this, low);
    for (std::int64_t next = low; next < high;) {
      const Message message = finding.next();
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) break;
      demand(*message);
      next = message->offset + 1;
      const auto record = record_of(*message);
      if (record && record->event == event) last = record->at;
    }
    return last;
  }

 private:
  static constexpr int kArrivedMs = 1;

  // The finder reads from here while this lives, and nothing otherwise.
  class Finding {
   public:
    Finding(const Reader& reader, std::int64_t offset) : reader_(reader) {
      reader_.assign(reader_.finder_.get(), offset);
    }
    ~Finding() { rd_kafka_assign(reader_.finder_.get(), nullptr); }
    Finding(const Finding&) = delete;
    Finding& operator=(const Finding&) = delete;

    Message next() const {
      Message message(rd_kafka_consumer_poll(reader_.finder_.get(), int(reader_.options_.timeout.count())));
      if (!message) throw LogUnavailable("the brokers do not answer");
      return message;
    }

   private:
    const Reader& reader_;
  };

  struct OfEvent {
    LogPosition given{};              // the position up to which records were given
    std::optional<LogRecord> last{};  // the record there, if it was given
    std::deque<LogRecord> records{};  // behind it
  };

  // Makes the follower read what is behind these positions: goes on where it is, if that is what is asked
  // for.
  void follow(const std::map<EventId, LogPosition>& after) {
    bool goes_on = next_offset_ >= 0;
    for (const auto& [event, position] : after) {
      const auto known = events_.find(event);
      goes_on = goes_on && known != events_.end() && known->second.given == position;
    }
    if (goes_on && newest_ && SteadyClock::now() > polled_at_ + kAway) {
      assign(follower_.get(), newest_->at.high - 1);
      is_at_end_ = false;
      is_repeated_ = true;
    }
    if (goes_on) return;
    begin_again();
    if (std::exchange(has_lost_, false)) warn_of_topic();  // it may have been made again
    std::int64_t first = std::numeric_limits<std::int64_t>::max();
    for (const auto& [event, position] : after) {
      events_[event].given = position;
      first = std::min(first, first_offset(position));
    }
    const auto [low, high] = watermarks();
    first = std::clamp(first, low, high);  // a partition that was cut ends before what is asked for
    assign(follower_.get(), first);
    next_offset_ = first;
    polled_at_ = SteadyClock::now();
  }

  void warn_of_topic() const {
    try {
      demand_keeping_topic(*finder_, options_.topic, options_.timeout);
    } catch (const TopicUnusable& why) {
      log(LogLevel::error, "the line's topic may lose joins", {{"error.message", why.what()}});
    } catch (const LogUnavailable&) {  // what follows fails, too
    }
  }

  void lose() {
    begin_again();
    has_lost_ = true;
  }

  // Forgets what was read.
  void begin_again() {
    events_.clear();
    newest_.reset();
    next_offset_ = -1;
    is_at_end_ = is_repeated_ = false;
  }

  // Whether the message stands in the same log as the record that was read before it.
  bool is_of_one_piece(const rd_kafka_message_t& message) {
    if (is_repeated_) {
      const auto record = record_of(message);
      return newest_ && record && record->at == newest_->at && record->random == newest_->random;
    }
    if (!newest_ || SteadyClock::now() <= read_at_ + kGap) return true;
    polled_at_ = {};  // if the look fails, the message is read again
    const bool is_still = has_still(*newest_);
    polled_at_ = SteadyClock::now();
    return is_still;
  }

  bool has_still(const LogRecord& record) {
    const auto found = find(record.at);
    return found && found->random == record.random;
  }

  // Whether it is a new record of one of these events.
  bool take(const rd_kafka_message_t& message, const std::map<EventId, LogPosition>& after) {
    read_at_ = SteadyClock::now();
    if (std::exchange(is_repeated_, false)) return false;
    next_offset_ = message.offset + 1;
    is_at_end_ = false;
    const auto record = record_of(message);
    if (!record) return false;
    newest_ = record;
    const auto event = events_.find(record->event);
    if (event == events_.end()) return false;
    OfEvent& state = event->second;
    if (record->at == state.given) state.last = record;
    if (record->at <= state.given) return false;
    state.records.push_back(*record);
    return after.contains(record->event);
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

  static void demand(const rd_kafka_message_t& message) {
    if (message.err) throw LogUnavailable(rd_kafka_message_errstr(&message));
  }

  const KafkaLogOptions& options_;
  Handle follower_, finder_;
  std::map<EventId, OfEvent> events_;
  std::optional<LogRecord> newest_;  // of the partition, that the follower has read
  std::int64_t next_offset_ = -1;    // -1: it follows nothing
  bool is_at_end_ = false;           // nothing was behind next_offset_ when the broker was asked last
  bool is_repeated_ = false;         // newest_ comes once more
  bool has_lost_ = false;            // what was read is not there any more
  SteadyClock::time_point polled_at_{}, read_at_{};  // the last call, and the last record
};

KafkaLog::KafkaLog(KafkaLogOptions options)
    : options_(std::move(options)),
      appender_(std::make_unique<Appender>(options_)),
      reader_(std::make_unique<Reader>(options_)) {}
KafkaLog::~KafkaLog() = default;

void KafkaLog::prepare_topic() { make_keeping_topic(reader_->client(), options_.topic, options_.timeout); }

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

}  // namespace stagedoor::kafka
