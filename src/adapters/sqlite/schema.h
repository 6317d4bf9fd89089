// Brings a database to the newest schema: runs the migrations it has not had, in order.
#pragma once

#include "adapters/sqlite/database.h"
#include "core/time.h"

namespace stagedoor {

// Each migration and its record in one transaction. Throws StoreUnusable for a store of a newer program, one
// whose migrations were other than ours, or a database that is not Stagedoor's.
void migrate(Database& database);

// For readers: throws StoreUnusable unless the schema is exactly ours.
void check_schema(Database& database);

}  // namespace stagedoor
