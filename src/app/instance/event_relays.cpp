#include "app/instance/event_relays.h"

#include <algorithm>

#include "adapters/system/random.h"
#include "core/ensure.h"

namespace stagedoor {
namespace {

// Between the rounds of a relay in a rush: each costs a transaction of the lane's connection (SQLite). An
// event that comes alone is delivered at once.
constexpr Millis kIntervalMin{10};
// Deliveries give way to the threads that answer fans; the transaction that the lane may wait for is short.
// The threads of the Kafka client inherit it.
constexpr int kNiceness = 10;

}  // namespace

EventRelays::EventRelays(const Config& config, const std::function<std::unique_ptr<Outbox>()>& open_outbox,
                         const Clock& clock) {
  for (const auto& text : config.events.sinks) {
    const auto setting = parse_sink(text);
    ensure(setting.has_value(), "events.sinks was checked");
    auto& delivery = deliveries_.emplace_back();
    delivery.sink = make_sink(*setting, config);
    if (const auto* const keyed = std::get_if<std::unique_ptr<KeyedSink>>(&delivery.sink)) {
      auto relay = std::make_unique<events::KeyedRelay>(
          setting->name, **keyed, open_outbox(), clock, &system::system_random,
          events::KeyedRelay::Options{.give_up_after = config.events.give_up_after});
      delivery.keyed = relay.get();
      delivery.relay = std::move(relay);
    } else {
      delivery.relay = std::make_unique<events::Relay>(
          setting->name, *std::get<std::unique_ptr<EventSink>>(delivery.sink), open_outbox());
    }
    delivery.worker = std::make_unique<Worker>(
        Worker::Options{.name = "delivery of events to " + setting->name,
                        .pause_max = Millis(5000),
                        .interval_min = kIntervalMin,
                        .niceness = kNiceness},
        [relay = delivery.relay.get()](const std::stop_token& stop) { return relay->run_once(stop); },
        &system::system_random);
  }
}

void EventRelays::start() {
  for (auto& delivery : deliveries_) delivery.worker->start();
}

void EventRelays::stop() {
  for (auto& delivery : deliveries_) delivery.worker->stop();
}

void EventRelays::on_commit(const Batch& batch) {
  if (!batch.outbox.empty()) wake();
}

// The message of a remote batch has no outbox rows, but the rows that cause them.
void EventRelays::on_remote_commit(const Batch& batch) {
  if (!batch.reservations.empty() || !batch.wallets.empty() || !batch.payments.empty() ||
      !batch.visits.empty() || !batch.draws.empty() || !batch.catalogue.empty())
    wake();
}

void EventRelays::wake() {
  for (auto& delivery : deliveries_) {
    if (delivery.relay->is_delivering()) delivery.worker->wake();
  }
}

std::vector<std::string> EventRelays::names() const {
  std::vector<std::string> names;
  for (const auto& delivery : deliveries_) names.push_back(delivery.relay->name());
  return names;
}

std::optional<EventDelivery> EventRelays::delivery() const {
  std::optional<EventDelivery> slowest;
  for (const auto& delivery : deliveries_) {
    const events::SinkRelay& relay = *delivery.relay;
    if (!relay.has_progress()) return std::nullopt;
    if (!slowest) slowest = EventDelivery{.accepted = relay.accepted()};
    slowest->accepted = std::min(slowest->accepted, relay.accepted());
    const auto oldest = relay.oldest_unaccepted();
    if (oldest && (!slowest->oldest || *oldest < *slowest->oldest)) slowest->oldest = oldest;
  }
  return slowest;
}

std::vector<prometheus::MetricFamily> EventRelays::metrics(TimePoint now, Millis keep) const {
  const auto family = [](const char* name, const char* help) {
    return prometheus::MetricFamily{name, help, prometheus::MetricType::Gauge, {}};
  };
  auto ages =
      family("stagedoor_events_oldest_unaccepted_seconds",
             "Age of the oldest event that the sink has not accepted, on the instance that delivers to it");
  auto lags =
      family("stagedoor_events_unaccepted",
             "Events that the sink has not accepted, up to a million, on the instance that delivers to it");
  auto alarms =
      family("stagedoor_events_overdue", "1 if an event has waited for the sink longer than events.keep");
  auto keys =
      family("stagedoor_events_parked_keys",
             "Keys whose events wait because the sink refused one, on the instance that delivers to it");
  auto parked = family("stagedoor_events_parked", "Events of parked keys");
  auto dead =
      family("stagedoor_events_dead_letters", "Events that were given up and that no operator has dropped");
  for (const auto& delivery : deliveries_) {
    const events::SinkRelay& relay = *delivery.relay;
    const auto add = [&](prometheus::MetricFamily& to, double value) {
      auto& metric = to.metric.emplace_back();
      metric.label = {{"sink", relay.name()}};
      metric.gauge.value = value;
    };
    const auto oldest = relay.oldest_unaccepted();
    const Millis age = oldest ? std::max(now - *oldest, Millis(0)) : Millis(0);
    add(ages, std::chrono::duration<double>(age).count());
    add(lags, double(relay.lag()));
    add(alarms, age > keep ? 1 : 0);
    if (!delivery.keyed) continue;
    const auto numbers = delivery.keyed->numbers();
    add(keys, double(numbers.parked_keys));
    add(parked, double(numbers.parked_events));
    add(dead, double(numbers.dead_letters));
  }
  std::vector<prometheus::MetricFamily> families;
  for (auto* one : {&ages, &lags, &alarms, &keys, &parked, &dead})
    if (!one->metric.empty()) families.push_back(std::move(*one));
  return families;
}

}  // namespace stagedoor
