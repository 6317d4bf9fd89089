// Writes a batch's rows: a statement per kind, of all its rows at once. Changes are conditional on the rows
// as the batch knew them; a statement that then changes fewer fails, and with it the transaction. Lane
// thread, inside a transaction.
#pragma once

#include "adapters/postgres/connection.h"
#include "state/changes.h"

namespace stagedoor::postgres {

// Queues the statements: what is refused comes out by finish(), of the catalogue at once.
void write(Connection& connection, const Batch& batch);

}  // namespace stagedoor::postgres
