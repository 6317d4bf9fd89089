// The catalogue to and from its tables: events, dates, sections, categories, seats, layouts.
#pragma once

#include "adapters/sqlite/database.h"
#include "state/changes.h"

namespace stagedoor::sqlite {

// Inside a transaction. Throws std::runtime_error when what is stored makes no catalogue.
Catalogue read_catalogue(Database& database);

// Inside a transaction. An event or date that is there is changed, a new one added, with its seats.
void write_catalogue(Database& database, const CatalogueChanges& changes);

}  // namespace stagedoor::sqlite
