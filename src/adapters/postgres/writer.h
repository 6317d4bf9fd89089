// Writes a batch's rows, with one statement per kind for all its rows. Changes are conditional on the rows
// that the batch has read; a statement that changes fewer rows fails, and the transaction with it. Lane
// thread, inside a transaction.
#pragma once

#include "adapters/postgres/connection.h"
#include "state/changes.h"

namespace stagedoor::postgres {

// Queues the statements. finish() reports their refusals; those of the catalogue are reported immediately.
void write(Connection& connection, const Batch& batch);

}  // namespace stagedoor::postgres
