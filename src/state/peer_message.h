// The encoding of a batch for other instances. It omits postings, outbox and log rows. For wallets, payments
// and answers it contains only the keys, since instances do not keep those rows in memory for others.
//
// Two neighbouring versions are compatible if the newer one only adds members at the end of a struct's
// description (a row, a policy, the batch itself: a new list or one number). An older reader skips them; a
// newer reader uses the default if an older writer omits them. Every other change is incompatible: a member
// that is inserted, removed or of another type; a new enumerator; any change of lists of pairs and ids, which
// have no length of their own. Such a change needs a migration that raises `schema_needed`
// (sql/migrations/0004-versions/notes.md), which makes older programs exit.
//
// A reader loses what it skips: if an older instance changes a row, the new member gets its default. So the
// version that adds a member only writes it; the next version may use it in decisions.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "state/changes.h"

namespace stagedoor {

std::string to_bytes(const Batch& batch);

struct BadBytes : std::runtime_error {
  using std::runtime_error::runtime_error;
};
Batch batch_from_bytes(std::string_view bytes);  // throws BadBytes

}  // namespace stagedoor
