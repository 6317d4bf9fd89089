// Loads the rows for a batch's keys, with one statement per kind of key, in one round trip. Lane thread,
// inside a transaction.
#pragma once

#include "adapters/postgres/connection.h"
#include "state/view.h"

namespace stagedoor::postgres {

void load(Connection& connection, const Keys& keys, View& view);

}  // namespace stagedoor::postgres
