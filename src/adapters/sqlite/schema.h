// Brings a database to the newest schema: runs the migrations it has not had, in order.
#pragma once

#include "adapters/sqlite/database.h"
#include "core/time.h"

namespace stagedoor::sqlite {

// Each migration and its record in one transaction. A store of a newer program that this one can work on is
// left as it is. Throws StoreUnusable for one that it cannot work on, and one whose migrations were other
// than ours.
void migrate(Database& database);

// Throws StoreUnusable when the file is another program's database or none at all. An empty one passes.
void check_is_not_foreign(Database& database);
// Throws StoreUnusable unless the file is a Stagedoor store, of whatever version.
void check_is_store(Database& database);
// For readers: throws StoreUnusable unless this program can work on the schema as it is.
void check_schema(Database& database);

}  // namespace stagedoor::sqlite
