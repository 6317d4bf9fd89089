// All interfaces of one booking store, for the code that wires an instance. Other code takes the one
// interface it needs.
#pragma once

#include "ports/line_log.h"
#include "ports/line_store.h"
#include "ports/peer_feed.h"
#include "ports/retention.h"
#include "ports/startup_state.h"
#include "ports/transaction.h"

namespace stagedoor {

struct StorePorts {
  Store& store;
  StartupState& startup;
  LineStore& line;  // before the first Store::begin(), like `startup`
  Retention& retention;
  PeerFeed* peers = nullptr;  // nullptr: only this process writes the store
  LineLog* log = nullptr;     // where joins are kept; nullptr: in the booking store
};

}  // namespace stagedoor
