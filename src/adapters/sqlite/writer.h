// Writes a batch's rows. Changes are conditional on the row that the batch has read; a statement that changes
// no row refuses the batch. Lane thread, inside a transaction.
#pragma once

#include "adapters/sqlite/database.h"
#include "adapters/sqlite/loader.h"
#include "ports/retention.h"
#include "state/changes.h"

namespace stagedoor::sqlite {

class Writer {
 public:
  explicit Writer(Database& database);

  // Throws StoreRefused for a guard or constraint, StoreUnavailable for an outage. The caller must roll back
  // then.
  void write(const Batch& batch, StoreIndexes& indexes);
  // Removes at most `rows_max` rows of each kind. Returns the number of removed rows.
  Forgotten forget(const RetentionLimits& limits, std::size_t rows_max);

 private:
  void change(const Write<Reservation>& write, StoreIndexes& indexes);
  void add(const Reservation& row, StoreIndexes& indexes);
  void write(const Write<Wallet>& write);
  void write(const Write<Visit>& write);
  void write(const Write<Draw>& write);
  void add(const PlaceBitmap& row);
  void add(const PriorityUser& row);
  void write(const Write<LinePlace>& write);
  void add(const Payment& row);
  void add(const Posting& row);
  void add(const IdempotentAnswer& row);
  void add(const OutboxRow& row);
  void add(const LogRow& row);
  void raise_watermark(std::string_view name, std::int64_t value);

  Database& database_;
  Statement insert_reservation_;
  Statement update_reservation_;
  Statement reassign_reservation_;
  Statement insert_wallet_;
  Statement update_wallet_;
  Statement insert_visit_;
  Statement update_visit_;
  Statement put_absences_;
  Statement insert_draw_;
  Statement update_draw_;
  Statement insert_priority_;
  Statement insert_place_;
  Statement leave_place_;
  Statement block_seat_;
  Statement release_seat_;
  Statement insert_payment_;
  Statement insert_posting_;
  Statement insert_answer_;
  Statement insert_outbox_;
  Statement insert_log_;
  Statement raise_watermark_;
  Statement forget_answers_;
  Statement forget_outbox_;
};

}  // namespace stagedoor::sqlite
