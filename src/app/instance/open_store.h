// The store that `store.url` names, and the reports that are read from it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/reports/audit_report.h"
#include "adapters/reports/room_record.h"
#include "app/config/config.h"
#include "ports/outbox.h"
#include "ports/queries.h"
#include "ports/store_ports.h"

namespace stagedoor {

struct OpenStore {
  std::shared_ptr<void> owner;  // owns all members below
  StorePorts ports;
  std::function<std::unique_ptr<Queries>()> queries;  // any thread; none may outlive the store
  std::function<std::unique_ptr<Outbox>()> outbox;    // the same
  // Stores a number under this name and returns the one before it. Before the lane starts.
  std::function<std::optional<std::int64_t>(std::string_view name, std::int64_t value)> exchange_mark;
  // Offset of the store's clock from this machine's. Any thread. Empty: the store has no clock of its own.
  std::function<Millis()> clock_offset;
};

// Opens the store and upgrades its schema. Throws std::runtime_error with the cause.
OpenStore open_store(const Config& config);
// An empty store in this process's memory, without a file: for routes that are described and never called.
OpenStore store_without_file();

// Reports on a store that a server may be using. Each throws StoreUnavailable or StoreUnusable.
struct StoreReports {
  std::function<reports::AuditReport()> audit;
  std::function<std::optional<reports::RoomRecord>(EventId)> read_room;  // nullopt: no such event
  std::function<void(const std::string& target)> backup;  // empty: this kind of store has its own tools
};
// Throws StoreUnusable if the URL names an in-memory store, which is lost when its server exits.
StoreReports store_reports(const Config& config);

}  // namespace stagedoor
