// Brings a database to the newest schema: runs the missing migrations in order.
#pragma once

#include "adapters/postgres/connection.h"

namespace stagedoor::postgres {

// Runs them in one transaction, under the writer lock: one process migrates, the others wait. Does not change
// a store of a newer program that this one can work on. Throws StoreUnusable for a store that it cannot work
// on, for a store with different migrations, and for a database of another program.
void migrate(Connection& connection);
// For readers: throws StoreUnusable unless this program can work on the current schema.
void check_schema(Connection& connection);

}  // namespace stagedoor::postgres
