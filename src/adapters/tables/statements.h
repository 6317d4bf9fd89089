// Statements that every database runs for the rows of a kind; nullptr: the kind has none.
#pragma once

#include "sql/sql.h"
#include "state/kinds.h"

namespace stagedoor::tables {

// Writes one row of a kind that is put whole; its parameters are the described columns.
template <class Kind>
inline constexpr auto kPut = nullptr;
template <>
inline constexpr const sql::Text* kPut<kinds::revocations> = &sql::identity::put_revocation;
template <>
inline constexpr const sql::Text* kPut<kinds::imports> = &sql::catalogue::put_import;
template <>
inline constexpr const sql::Text* kPut<kinds::key_versions> = &sql::events::put_key_version;

// The query that lists all rows of a kind at start.
template <class Kind>
inline constexpr auto kList = nullptr;
template <>
inline constexpr const sql::Text* kList<kinds::reservations> = &sql::reservation::list_taking_reservations;
template <>
inline constexpr const sql::Text* kList<kinds::blocks> = &sql::catalogue::list_blocks;
template <>
inline constexpr const sql::Text* kList<kinds::visits> = &sql::queue::list_visits;
template <>
inline constexpr const sql::Text* kList<kinds::absences> = &sql::queue::list_absences;
template <>
inline constexpr const sql::Text* kList<kinds::draws> = &sql::queue::list_draws;
template <>
inline constexpr const sql::Text* kList<kinds::priority> = &sql::queue::list_priority;
template <>
inline constexpr const sql::Text* kList<kinds::revocations> = &sql::identity::list_revocations;

}  // namespace stagedoor::tables
