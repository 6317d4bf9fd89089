#include "adapters/kafka/kafka_sink.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "adapters/kafka/client.h"
#include "core/ensure.h"

namespace stagedoor::kafka {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kLookForStopMs = 50;
constexpr Millis kStopGrace{300};  // for acknowledgements on their way: they save repeats

// The settings may replace these.
constexpr Property kSinkDefaults[] = {
    {"client.id", "stagedoor"},
    {"linger.ms", "1"},
    {"reconnect.backoff.max.ms", "1000"},
    {"topic.metadata.propagation.max.ms", "5000"},  // then an unknown topic is reported as such
};
// The order of events rests on these. A message never times out by itself and none is skipped: a gap would be
// filled later by a repeat that consumers drop. One request at a time: a broker that does not know the
// producer yet takes a second request although it refused the first.
constexpr Property kFixed[] = {
    {"enable.idempotence", "true"},
    {"enable.gapless.guarantee", "true"},
    {"max.in.flight.requests.per.connection", "1"},
    {"acks", "all"},
    {"message.timeout.ms", "0"},
};
// With other names of these, and what would undo them.
constexpr std::string_view kSinkRefused[] = {"enable.idempotence",
                                             "enable.gapless.guarantee",
                                             "max.in.flight.requests.per.connection",
                                             "max.in.flight",
                                             "acks",
                                             "request.required.acks",
                                             "message.timeout.ms",
                                             "delivery.timeout.ms",
                                             "transactional.id",
                                             "delivery.report.only.error",
                                             "enabled_events",
                                             "queuing.strategy",
                                             "partitioner_cb",
                                             "msg_order_cmp",
                                             "bootstrap.servers",
                                             "metadata.broker.list"};

struct DeleteTopic {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};

}  // namespace

class KafkaSink::Producer {
 public:
  enum class Connect { no, yes };

  Producer(const KafkaOptions& options, Connect connect) : patience_(options.patience) {
    for (const auto& [name, value] : options.properties)
      if (name == "partitioner" && value == "random")
        throw std::runtime_error("the partitioner must go by the key, such as murmur2_random");
    Conf conf = configure(kSinkDefaults, options.properties, kSinkRefused, kFixed);
    rd_kafka_conf_set_error_cb(conf.get(), &on_error);
    rd_kafka_conf_set_dr_msg_cb(conf.get(), &on_report);
    rd_kafka_conf_set_opaque(conf.get(), this);
    // Without brokers librdkafka checks the properties as a whole and connects to nothing.
    if (connect == Connect::yes) set(*conf, "bootstrap.servers", options.brokers.c_str());
    handle_ = make_client(RD_KAFKA_PRODUCER, std::move(conf));
    topic_.reset(rd_kafka_topic_new(handle_.get(), options.topic.c_str(), nullptr));
    if (!topic_) throw std::runtime_error(rd_kafka_err2str(rd_kafka_last_error()));
  }

  // Sends all events and waits for the acknowledgements. Returns how many were acknowledged, from the front:
  // fewer than all after a failure, a stop request, or a time without acknowledgements.
  std::size_t deliver(std::span<const OutboxEvent> events, const std::stop_token& stop) {
    is_acknowledged_.assign(events.size(), false);
    reports_ = 0;
    failure_.reset();
    std::size_t sent = 0;
    bool is_stopping = false;
    auto deadline = SteadyClock::now() + patience_;
    while (!failure_ && reports_ < (is_stopping ? sent : events.size())) {
      while (!is_stopping && sent < events.size() && send(events[sent], sent)) ++sent;
      const std::size_t before = reports_;
      rd_kafka_poll(handle_.get(), kLookForStopMs);
      const auto now = SteadyClock::now();
      if (stop.stop_requested()) {
        if (!std::exchange(is_stopping, true)) deadline = now + kStopGrace;
      } else if (reports_ > before) {
        deadline = now + patience_;
      }
      if (now >= deadline) failure_ = fmt::format("no acknowledgement within {}", format_duration(patience_));
    }
    return std::size_t(std::ranges::find(is_acknowledged_, false) - is_acknowledged_.begin());
  }

  // Why the latest deliver() ended early.
  std::string why() const {
    if (last_error_.empty()) return failure_.value_or("");
    return fmt::format("{}: {}", failure_.value_or(""), last_error_);
  }

 private:
  // Returns false if the queue is full or the event was refused.
  bool send(const OutboxEvent& event, std::size_t index) {
    constexpr std::string_view kContentType = "application/cloudevents+json; charset=UTF-8";
    const std::string id = std::to_string(event.row.id.value), version = std::to_string(event.row.version);
    rd_kafka_headers_t* const headers = rd_kafka_headers_new(6);
    const auto add = [&](std::string_view name, std::string_view value) {
      rd_kafka_header_add(headers, name.data(), ssize_t(name.size()), value.data(), ssize_t(value.size()));
    };
    add("content-type", kContentType);
    add("ce_id", id);
    add("ce_type", event.row.type);
    add("ce_keyversion", version);
    // The names of CloudEvents and of W3C Trace Context, which libraries for tracing read.
    if (!event.row.trace.empty())
      for (const char* name : {"ce_traceparent", "traceparent"}) add(name, event.row.trace);
    const auto& [row, json] = event;
    const rd_kafka_resp_err_t error = rd_kafka_producev(
        handle_.get(), RD_KAFKA_V_RKT(topic_.get()), RD_KAFKA_V_KEY(row.key.data(), row.key.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(json.data()), json.size()), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(index)),
        RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
    rd_kafka_headers_destroy(headers);
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL)
      failure_ = fmt::format("event {} was refused: {}", id, rd_kafka_err2str(error));
    return false;
  }

  // Within rd_kafka_poll(): the thread of accept().
  static void on_report(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    auto& self = *static_cast<Producer*>(opaque);
    const auto index = reinterpret_cast<std::size_t>(message->_private);
    ensure(index < self.is_acknowledged_.size(), "a report is of this batch");
    ++self.reports_;
    if (message->err) {
      if (!self.failure_) self.failure_ = rd_kafka_err2str(message->err);
      return;
    }
    self.is_acknowledged_[index] = true;
  }

  static void on_error(rd_kafka_t* handle, int error, const char* reason, void* opaque) {
    auto& self = *static_cast<Producer*>(opaque);
    if (error != RD_KAFKA_RESP_ERR__FATAL) {
      // The first reasons are better than "1/1 brokers are down", which follows them.
      if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) self.last_error_ = reason;
      return;
    }
    std::array<char, 512> text{};
    rd_kafka_fatal_error(handle, text.data(), text.size());
    self.failure_ = text.data();
  }

  const Millis patience_;
  std::vector<bool> is_acknowledged_;  // by index in the batch
  std::size_t reports_ = 0;
  std::optional<std::string> failure_;
  std::string last_error_;  // of a connection
  Handle handle_;
  std::unique_ptr<rd_kafka_topic_t, DeleteTopic> topic_;
};

KafkaSink::KafkaSink(KafkaOptions options) : options_(std::move(options)) {
  Producer(options_, Producer::Connect::no);
}

KafkaSink::~KafkaSink() = default;

std::size_t KafkaSink::accept(std::span<const OutboxEvent> events, const std::stop_token& stop) {
  try {
    if (!producer_) producer_ = std::make_unique<Producer>(options_, Producer::Connect::yes);
  } catch (const std::runtime_error& why) {
    throw SinkUnavailable(why.what());
  }
  const std::size_t count = producer_->deliver(events, stop);
  if (count == events.size()) return count;
  const std::string why = producer_->why();
  producer_.reset();
  if (count == 0 && !stop.stop_requested()) throw SinkUnavailable(why);
  return count;
}

}  // namespace stagedoor::kafka
