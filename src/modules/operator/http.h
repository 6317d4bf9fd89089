// The operators' calls (R-O1): catalogue, windows, prices and policies, pause and resume, house seats,
// import and export, charging and refunding, finding reservations, the audit log, the live numbers, the
// fairness of a room and the sinks of events.
//
// Calls about the catalogue use the field names of the catalogue file (R-K4: on_sale, active_ttl …), so that
// an operator can copy between file and call. The other calls use the names of the fans' calls.
#pragma once

#include "engine/lane.h"
#include "engine/query_pool.h"
#include "http/metrics.h"
#include "http/router.h"
#include "modules/catalogue/read_model.h"
#include "modules/identity/operator_keys.h"
#include "modules/identity/revocations.h"
#include "modules/queue/rooms.h"
#include "ports/clock.h"
#include "ports/outbox.h"
#include "state/room_record.h"

namespace stagedoor::operators {

// The call that takes larger bodies than all others.
inline constexpr std::string_view kImportPath = "/admin/import";

struct OperatorDeps {
  Lane& lane;
  QueryPool& query_pool;
  const catalogue::ReadModel& read_model;
  const queue::Rooms& rooms;
  const identity::OperatorKeys& keys;
  const Clock& clock;
  ServiceTimeClock* service_clock;  // nullptr: the wall clock cannot be set (tests)
  Won balance_max;
  catalogue::SubmitJob run_aside = {};  // runs a job on another thread; empty: the caller's thread does it
  std::vector<std::string> sinks = {};  // their names
  std::function<std::unique_ptr<Outbox>()> open_outbox = {};    // beside those of the relays; any thread
  const identity::Revocations* revocations = nullptr;           // null: nothing is revoked (tests)
  catalogue::SubmitJob render_aside = {};                       // as run_aside, for jobs of some milliseconds
  const http::Metrics* http_metrics = nullptr;                  // null: nothing is counted (tests)
  std::function<std::unique_ptr<Queries>()> open_queries = {};  // beside those of the query pool; any thread
  // From the store, outside the lane; some seconds for a large room. nullopt: no such event. Throws when the
  // store cannot be read. Any thread. Empty: there is no such store.
  std::function<std::optional<RoomRecord>(EventId)> read_room = {};
};
// `deps` must outlive the router.
void add_operator_routes(http::Router& router, const OperatorDeps& deps);

}  // namespace stagedoor::operators
