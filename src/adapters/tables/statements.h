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
template <>
inline constexpr const sql::Text* kPut<kinds::line_marks> = &sql::queue::insert_mark;
template <>
inline constexpr const sql::Text* kPut<kinds::passed_over> = &sql::queue::insert_passed_over;
template <>
inline constexpr const sql::Text* kPut<kinds::line_leaves> = &sql::queue::insert_leave;
template <>
inline constexpr const sql::Text* kPut<kinds::line_sources> = &sql::queue::put_line_source;
template <>
inline constexpr const sql::Text* kPut<kinds::reassignments> = &sql::reservation::insert_reassignment;
template <>
inline constexpr const sql::Text* kPut<kinds::cancellations> = &sql::catalogue::put_cancellation;
template <>
inline constexpr const sql::Text* kPut<kinds::ticket_uses> = &sql::ticket::put_use;

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
template <>
inline constexpr const sql::Text* kList<kinds::line_marks> = &sql::queue::list_marks;
template <>
inline constexpr const sql::Text* kList<kinds::passed_over> = &sql::queue::list_passed_over;
template <>
inline constexpr const sql::Text* kList<kinds::line_leaves> = &sql::queue::list_leaves;
template <>
inline constexpr const sql::Text* kList<kinds::line_sources> = &sql::queue::list_line_sources;

}  // namespace stagedoor::tables
