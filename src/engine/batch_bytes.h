// A batch as bytes, by which instances tell each other what they committed. Postings, outbox and log are left
// out, of wallets, payments and answers only the keys are told: nobody keeps those in memory for others.
//
// Two neighbouring versions understand each other: members are added to a row only at its end, where an older
// reader skips them and a newer one takes the default; lists likewise.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "engine/changes.h"

namespace stagedoor {

std::string to_bytes(const Batch& batch);

struct BadBytes : std::runtime_error {
  using std::runtime_error::runtime_error;
};
Batch batch_from_bytes(std::string_view bytes);  // throws BadBytes

}  // namespace stagedoor
