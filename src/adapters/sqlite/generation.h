// The indexes by user are kept in generations of 16,384 ids, so that a batch's insertions fall on few pages,
// however large the table is (migration 0001, notes).
#pragma once

#include <cstdint>

namespace stagedoor::sqlite {

// The same as the indexes' expression `id >> 14`.
template <class SomeId>
std::int64_t generation_of(SomeId id) {
  return id.value >> 14;
}

// The lowest id of the generation.
inline std::int64_t first_of_generation(std::int64_t generation) { return generation << 14; }

}  // namespace stagedoor::sqlite
