// The line of the store that a report reads, when it is in a log elsewhere (decision 0028).
#pragma once

#include <functional>
#include <memory>

#include "adapters/tables/rows.h"
#include "adapters/tables/statements.h"
#include "ports/line_store.h"
#include "ports/startup_state.h"

namespace stagedoor::reports {

// Reads the rows of the report's snapshot that the receivers ask for.
using ReadRows = std::function<void(const StartupRows&)>;
// Empty, or nullptr: the line is in the store. Throws StoreUnusable or StoreUnavailable.
using OpenLine = std::function<std::unique_ptr<LineStore>(const ReadRows&)>;

// `each(query, row)`: see read_catalogue().
template <class Each>
std::unique_ptr<LineStore> line_elsewhere(const OpenLine& open, const Each& each) {
  if (!open) return nullptr;
  return open([&](const StartupRows& rows) {
    for_each_receiver(rows, [&]<class Kind>(Kind, const auto& receiver) {
      each(*tables::kList<Kind>, [&](auto& columns) {
        RowOf<Kind> row;
        columns >> row;
        receiver(row);
      });
    });
  });
}

}  // namespace stagedoor::reports
