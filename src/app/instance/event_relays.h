// The relays of this instance: a sink, its relay and a thread for each entry of events.sinks. So a sink that
// blocks or fails delays neither the bookings nor another sink (R-E5).
#pragma once

#include <prometheus/metric_family.h>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "app/config/config.h"
#include "app/instance/housekeeping.h"
#include "engine/lane.h"
#include "engine/worker.h"
#include "modules/events/keyed_relay.h"

namespace stagedoor {

class EventRelays : public CommitObserver {
 public:
  // The settings must be checked, the sinks too (sinks.h). The store and the clock must outlive this object.
  EventRelays(const Config& config, const std::function<std::unique_ptr<Outbox>()>& open_outbox,
              const Clock& clock);

  void start();
  void stop();  // events that are not accepted stay in the outbox

  void on_commit(const Batch& batch) override;
  void on_remote_commit(const Batch& batch) override;

  std::vector<std::string> names() const;
  // How far the slowest sink is; nullopt until the progress of each was read. Any thread.
  std::optional<EventDelivery> delivery() const;
  // stagedoor_events_{oldest_unaccepted_seconds,unaccepted,overdue}{sink} (R-E5), and of sinks that park keys
  // the numbers of these and of dead letters; empty without sinks. `keep`: see EventRetention.
  std::vector<prometheus::MetricFamily> metrics(TimePoint now, Millis keep) const;

 private:
  // The relays that deliver; the others look from time to time whether it is their turn.
  void wake();

  struct Delivery {
    std::unique_ptr<EventSink> sink;
    std::unique_ptr<events::Relay> relay;
    const events::KeyedRelay* keyed = nullptr;  // `relay`, if its sink parks keys
    std::unique_ptr<Worker> worker;
  };
  std::vector<Delivery> deliveries_;
};

}  // namespace stagedoor
