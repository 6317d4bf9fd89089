#include "app/instance/event_relays.h"

#include <algorithm>

#include "adapters/system/random.h"
#include "app/instance/sinks.h"
#include "core/ensure.h"

namespace stagedoor {
namespace {

// Between the rounds of a relay in a rush: each costs a transaction of the lane's connection (SQLite). An
// event that comes alone is delivered at once.
constexpr Millis kIntervalMin{10};

}  // namespace

EventRelays::EventRelays(const Config& config, const std::function<std::unique_ptr<Outbox>()>& open_outbox) {
  for (const auto& text : config.events.sinks) {
    const auto setting = parse_sink(text);
    ensure(setting.has_value(), "events.sinks was checked");
    auto& delivery = deliveries_.emplace_back();
    delivery.sink = make_sink(*setting, config);
    delivery.relay = std::make_unique<events::Relay>(setting->name, *delivery.sink, open_outbox(),
                                                     delivery.sink->batch_max());
    delivery.worker = std::make_unique<Worker>(
        Worker::Options{.name = "delivery of events to " + setting->name,
                        .pause_max = Millis(5000),
                        .interval_min = kIntervalMin},
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
  if (!batch.reservations.empty() || !batch.wallets.empty() || !batch.payments.empty()) wake();
}

void EventRelays::wake() {
  for (auto& delivery : deliveries_) {
    if (delivery.relay->is_delivering()) delivery.worker->wake();
  }
}

std::optional<OutboxId> EventRelays::accepted_by_all() const {
  std::optional<OutboxId> least;
  for (const auto& delivery : deliveries_) {
    const OutboxId accepted = delivery.relay->accepted();
    least = least ? std::min(*least, accepted) : accepted;
  }
  return least;
}

std::vector<prometheus::MetricFamily> EventRelays::metrics(TimePoint now) const {
  std::vector<prometheus::ClientMetric> ages;
  for (const auto& delivery : deliveries_) {
    const auto oldest = delivery.relay->oldest_unaccepted();
    auto& age = ages.emplace_back();
    age.label = {{"sink", delivery.relay->name()}};
    age.gauge.value = oldest ? std::max(0.0, std::chrono::duration<double>(now - *oldest).count()) : 0;
  }
  if (ages.empty()) return {};
  return {{"stagedoor_events_oldest_unaccepted_seconds",
           "Age of the oldest event that the sink has not accepted, on the instance that delivers to it",
           prometheus::MetricType::Gauge, std::move(ages)}};
}

}  // namespace stagedoor
