// The catalogue to and from its tables: events, dates, sections, categories, seats, layouts.
#pragma once

#include "adapters/sqlite/database.h"
#include "state/changes.h"

namespace stagedoor::sqlite {

// Inside a transaction. Throws std::runtime_error if the stored rows are not a valid catalogue.
Catalogue read_catalogue(Database& database);

// Inside a transaction. Updates existing events and dates; inserts new ones, with their seats.
void write_catalogue(Database& database, const CatalogueChanges& changes);

// Inside a transaction. Throws StoreRefused if the seats before these are not there.
void write_hidden_seats(Database& database, const HiddenSeats& part);

}  // namespace stagedoor::sqlite
