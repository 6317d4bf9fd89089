// Brings a database to the newest schema: runs the migrations it has not had, in order.
#pragma once

#include "adapters/sqlite/database.h"
#include "core/time.h"

namespace stagedoor::sqlite {

// Runs each migration and its record in one transaction. Does not change a store of a newer program that this
// one can work on. Throws StoreUnusable for a store that it cannot work on, and for a store with different
// migrations.
void migrate(Database& database);

// Throws StoreUnusable if the file is another program's database or no database. An empty file passes.
void check_is_not_foreign(Database& database);
// Throws StoreUnusable unless the file is a Stagedoor store of any version.
void check_is_store(Database& database);
// For readers: throws StoreUnusable unless this program can work on the schema as it is.
void check_schema(Database& database);

}  // namespace stagedoor::sqlite
