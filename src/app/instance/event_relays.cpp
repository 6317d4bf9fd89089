#include "app/instance/event_relays.h"

#include <algorithm>

#include "adapters/stdout/stdout_sink.h"
#include "adapters/system/random.h"
#include "app/config/config.h"
#include "core/ensure.h"

namespace stagedoor {

EventRelays::EventRelays(const std::vector<std::string>& sinks,
                         const std::function<std::unique_ptr<Outbox>()>& open_outbox) {
  for (const auto& text : sinks) {
    const auto setting = parse_sink(text);
    ensure(setting && setting->url == "stdout:", "events.sinks was checked");
    auto& delivery = deliveries_.emplace_back();
    delivery.sink = std::make_unique<standard_output::StdoutSink>();
    delivery.relay = std::make_unique<events::Relay>(setting->name, *delivery.sink, open_outbox());
    delivery.worker = std::make_unique<Worker>(
        Worker::Options{.name = "delivery of events to " + setting->name},
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
  if (batch.outbox.empty()) return;
  for (auto& delivery : deliveries_) delivery.worker->wake();
}

std::optional<EventDelivery> EventRelays::delivery() const {
  std::optional<EventDelivery> slowest;
  for (const auto& delivery : deliveries_) {
    const events::Relay& relay = *delivery.relay;
    if (!relay.has_progress()) return std::nullopt;
    if (!slowest) slowest = EventDelivery{.accepted = relay.accepted()};
    slowest->accepted = std::min(slowest->accepted, relay.accepted());
    const auto oldest = relay.oldest_unaccepted();
    if (oldest && (!slowest->oldest || *oldest < *slowest->oldest)) slowest->oldest = oldest;
  }
  return slowest;
}

std::vector<prometheus::MetricFamily> EventRelays::metrics(TimePoint now, Millis keep) const {
  if (deliveries_.empty()) return {};
  using prometheus::MetricType;
  prometheus::MetricFamily ages{
      "stagedoor_events_oldest_unaccepted_seconds",
      "Age of the oldest event that the sink has not accepted, on the instance that delivers to it",
      MetricType::Gauge,
      {}};
  prometheus::MetricFamily lags{
      "stagedoor_events_unaccepted",
      "Events that the sink has not accepted, up to a million, on the instance that delivers to it",
      MetricType::Gauge,
      {}};
  prometheus::MetricFamily alarms{"stagedoor_events_overdue",
                                  "1 if an event has waited for the sink longer than events.keep",
                                  MetricType::Gauge,
                                  {}};
  for (const auto& delivery : deliveries_) {
    const events::Relay& relay = *delivery.relay;
    const auto add = [&](prometheus::MetricFamily& family, double value) {
      auto& metric = family.metric.emplace_back();
      metric.label = {{"sink", relay.name()}};
      metric.gauge.value = value;
    };
    const auto oldest = relay.oldest_unaccepted();
    const Millis age = oldest ? std::max(now - *oldest, Millis(0)) : Millis(0);
    add(ages, std::chrono::duration<double>(age).count());
    add(lags, double(relay.lag()));
    add(alarms, age > keep ? 1 : 0);
  }
  return {std::move(ages), std::move(lags), std::move(alarms)};
}

}  // namespace stagedoor
