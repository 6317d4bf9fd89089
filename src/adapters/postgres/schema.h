// Brings a database to the newest schema: runs the migrations it has not had, in order.
#pragma once

#include "adapters/postgres/connection.h"

namespace stagedoor::postgres {

// All of them in one transaction, under the writers' lock: of several processes one does it, the others wait.
// A store of a newer program that this one can work on is left as it is. Throws StoreUnusable for one that it
// cannot work on, one whose migrations were other than ours, and a database of another program.
void migrate(Connection& connection);
// For readers: throws StoreUnusable unless this program can work on the schema as it is.
void check_schema(Connection& connection);

}  // namespace stagedoor::postgres
