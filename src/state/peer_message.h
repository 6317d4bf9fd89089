// A batch as bytes, by which instances tell each other what they committed. Postings, outbox and log are left
// out, of wallets, payments and answers only the keys are told: nobody keeps those in memory for others.
//
// Two neighbouring versions understand each other as long as the newer one only adds members at the end of a
// struct's description (a row, a policy, the batch itself: a list of something new, or one number): an older
// reader skips them, a newer one takes the default for what an older one does not tell. Everything else is
// not understood, or misunderstood: a member between others, taken out, or of another type; a new word of an
// enum; anything in lists of pairs and ids, which have no length of their own. That takes a migration that
// raises `schema_needed` (sql/migrations/0004-versions/notes.md), so that older programs end.
//
// What is skipped is not known. A row that an older instance changes comes back from it with the default of
// the new member, so the version that adds a member only writes it down; the next one may decide by it.
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
