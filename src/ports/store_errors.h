// The failures of a store. Unless a type says otherwise, the transaction had no effect.
#pragma once

#include <stdexcept>

namespace stagedoor {

// The store rejects this batch as it is: a constraint or a guard refused a row. A retry helps only without
// that row.
struct StoreRefused : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// The store cannot work now (busy, full, unreachable). Nothing was done.
struct StoreUnavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// The connection was lost during a commit and did not come back in time to find out the result.
struct StoreOutcomeUnknown : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// The store cannot be used as it is: damaged, foreign, newer, in use. The message is for the operator.
struct StoreUnusable : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// Another process has it.
struct StoreInUse : StoreUnusable {
  using StoreUnusable::StoreUnusable;
};

}  // namespace stagedoor
