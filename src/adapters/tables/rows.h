// Rows read from the columns of the queries under sql/queries, in the order those name them. What a column
// is read from, each database's adapter says by its own class of columns.
#pragma once

#include "state/rows.h"

namespace stagedoor {

// The columns of one row, read from the left by >>.
template <class T>
concept RowColumns = requires {
  typename T::reads_a_row;
};

template <RowColumns Columns>
Columns& operator>>(Columns& columns, Reservation& row) {
  return columns >> row.id >> row.seat >> row.date >> row.event >> row.user >> row.place >> row.status >>
         row.reason >> row.price >> row.expires_at >> row.created_at >> row.updated_at >> row.payment >>
         row.paid_at >> row.version;
}

template <RowColumns Columns>
Columns& operator>>(Columns& columns, Wallet& row) {
  return columns >> row.id >> row.user >> row.balance >> row.seq;
}

template <RowColumns Columns>
Columns& operator>>(Columns& columns, Posting& row) {
  return columns >> row.wallet >> row.seq >> row.id >> row.type >> row.amount >> row.balance_after >>
         row.debit_account >> row.credit_account >> row.reservation >> row.created_at;
}

// Without its reservations.
template <RowColumns Columns>
Columns& operator>>(Columns& columns, Payment& row) {
  return columns >> row.id >> row.user >> row.total >> row.created_at;
}

template <RowColumns Columns>
Columns& operator>>(Columns& columns, Visit& row) {
  return columns >> row.event >> row.place >> row.user >> row.activated_at >> row.expires_at;
}

template <RowColumns Columns>
Columns& operator>>(Columns& columns, LinePlace& row) {
  return columns >> row.event >> row.place >> row.user >> row.joined_at >> row.left_at;
}

template <RowColumns Columns>
Columns& operator>>(Columns& columns, PlaceBits& row) {
  return columns >> row.event >> row.block >> row.bits;
}

template <RowColumns Columns>
Columns& operator>>(Columns& columns, Draw& row) {
  return columns >> row.event >> row.seed >> row.opens_at >> row.committed_at >> row.beacon_source >>
         row.beacon >> row.drawn_at >> row.people >> row.digest;
}

template <RowColumns Columns>
Columns& operator>>(Columns& columns, PriorityUser& row) {
  return columns >> row.event >> row.user >> row.granted_at;
}

template <RowColumns Columns>
Columns& operator>>(Columns& columns, IdempotentAnswer& row) {
  return columns >> row.user >> row.key >> row.request_hash >> row.status >> row.body >> row.headers >>
         row.created_at;
}

template <RowColumns Columns>
Columns& operator>>(Columns& columns, LogRow& row) {
  return columns >> row.id >> row.created_at >> row.operator_name >> row.action >> row.event >> row.detail;
}

}  // namespace stagedoor
