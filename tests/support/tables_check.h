// What must always be true of the rows of a store (docs/invariants.md), checked from first principles over
// all of them, slowly: the oracle of the property tests, written apart from `stagedoor audit`.
#pragma once

#include <string>
#include <vector>

#include "adapters/memory/tables.h"

namespace stagedoor::test {

// One line for each invariant that is broken, with its number and the ids; none when all is well.
std::vector<std::string> broken_invariants(const memory::Tables& tables);

// Every row as text, for "nothing has changed" and for telling what has. Without the marks of ids and time,
// which only ever rise.
std::string dump(const memory::Tables& tables);

}  // namespace stagedoor::test
