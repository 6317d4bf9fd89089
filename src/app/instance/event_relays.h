// The relays of this instance: a sink, its relay and a thread for each entry of events.sinks. So a sink that
// blocks or fails delays neither the bookings nor another sink (R-E5).
#pragma once

#include <prometheus/metric_family.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/instance/housekeeping.h"
#include "engine/lane.h"
#include "engine/worker.h"
#include "modules/events/relay.h"

namespace stagedoor {

class EventRelays : public CommitObserver {
 public:
  // `sinks` must be checked settings. The store must outlive this object.
  EventRelays(const std::vector<std::string>& sinks,
              const std::function<std::unique_ptr<Outbox>()>& open_outbox);

  void start();
  void stop();  // events that are not accepted stay in the outbox

  void on_commit(const Batch& batch) override;
  void on_remote_commit(const Batch&) override {}  // the message has no events; the relays poll for them

  // How far the slowest sink is; nullopt until the progress of each was read. Any thread.
  std::optional<EventDelivery> delivery() const;
  // stagedoor_events_{oldest_unaccepted_seconds,unaccepted,overdue}{sink} (R-E5); empty without sinks.
  // `keep`: see EventRetention.
  std::vector<prometheus::MetricFamily> metrics(TimePoint now, Millis keep) const;

 private:
  struct Delivery {
    std::unique_ptr<EventSink> sink;
    std::unique_ptr<events::Relay> relay;
    std::unique_ptr<Worker> worker;
  };
  std::vector<Delivery> deliveries_;
};

}  // namespace stagedoor
