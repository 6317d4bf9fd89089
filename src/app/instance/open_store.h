// The store that `store.url` names, and the reports that are read from it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "adapters/reports/audit_report.h"
#include "adapters/reports/room_record.h"
#include "app/config/config.h"
#include "ports/outbox.h"
#include "ports/queries.h"
#include "ports/store_ports.h"

namespace stagedoor {

struct OpenStore {
  std::shared_ptr<void> owner;  // of everything below
  StorePorts ports;
  std::function<std::unique_ptr<Queries>()> queries;  // any thread; no reader may outlive the store
  std::function<std::unique_ptr<Outbox>()> outbox;    // the same
  // Offset of the store's clock from this machine's. Any thread. Empty: the store has no clock of its own.
  std::function<Millis()> clock_offset;
};

// Opens it and brings its schema up to date. Throws std::runtime_error that says what is wrong.
OpenStore open_store(const Config& config);

// Works on a store that a server may be using. Each throws StoreUnavailable or StoreUnusable.
struct StoreReports {
  std::function<reports::AuditReport()> audit;
  std::function<std::optional<reports::RoomRecord>(EventId)> read_room;  // nullopt: no such event
  std::function<void(const std::string& target)> backup;  // empty: this kind of store has its own tools
};
// Throws StoreUnusable when the URL names a store in memory: it is lost when its server ends.
StoreReports store_reports(const Config& config);

}  // namespace stagedoor
