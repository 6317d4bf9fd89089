// The store that `store.url` names, and the reports that are read from it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/reports/audit_report.h"
#include "app/config/config.h"
#include "ports/clock.h"
#include "ports/outbox.h"
#include "ports/queries.h"
#include "ports/store_ports.h"
#include "state/room_record.h"

namespace stagedoor {

struct OpenStore {
  std::shared_ptr<void> owner;  // owns all members below
  StorePorts ports;
  std::function<std::unique_ptr<Queries>()> queries;  // any thread; none may outlive the store
  std::function<std::unique_ptr<Outbox>()> outbox;    // the same
  // Stores a number under this name and returns the one before it. Before the lane starts.
  std::function<std::optional<std::int64_t>(std::string_view name, std::int64_t value)> exchange_mark;
  std::shared_ptr<ServiceTimeClock> clock;  // service time
  // True if other processes use the store and do not have the line where this one has it. Empty: none can.
  std::function<bool()> has_other_lines = {};
};

// Opens the store and upgrades its schema. Throws std::runtime_error with the cause, also that of
// line_source(); ClockRefused unless `accepts_ahead`.
OpenStore open_store(const Config& config, bool accepts_ahead = false);
// An empty store in this process's memory, without a file: for routes that are described and never called.
OpenStore store_without_file();

// The clocks as the next or the running instance has them.
struct ClockReport {
  ClockStatus clock;
  TimePoint last_moment;        // of the store
  std::string service_goes_by;  // for people
};

// Reports on a store that a server may be using. Each throws StoreUnavailable or StoreUnusable.
struct StoreReports {
  std::function<reports::AuditReport()> audit;
  std::function<std::optional<RoomRecord>(EventId)> read_room;  // nullopt: no such event
  std::function<void(const std::string& target)> backup;        // empty: this kind of store has its own tools
  std::function<ClockReport()> clock;
  std::function<void()> accept_clock;
};
// Throws StoreUnusable if the URL names an in-memory store, which is lost when its server exits.
StoreReports store_reports(const Config& config);

}  // namespace stagedoor
