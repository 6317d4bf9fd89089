#include "adapters/sqlite/writer.h"

#include <fmt/format.h>

#include "adapters/sqlite/catalogue_tables.h"
#include "adapters/sqlite/loader.h"
#include "adapters/tables/answer_digest.h"
#include "adapters/tables/rows.h"
#include "adapters/tables/statements.h"

namespace stagedoor::sqlite {
namespace {

[[noreturn]] void refuse(std::string_view row, std::int64_t id) {
  throw StoreRefused(fmt::format("{} {} has changed since the batch read it", row, id));
}

// The columns of a row without blobs.
template <class Row>
auto columns(const Row& row) {
  return tables::parameters<Param, Row>([&](auto member) { return Value(row.*member); });
}

}  // namespace

Writer::Writer(Database& database)
    : database_(database),
      insert_reservation_(database, sql::reservation::insert_reservation),
      update_reservation_(database, sql::reservation::update_reservation),
      reassign_reservation_(database, sql::reservation::reassign_reservation),
      insert_wallet_(database, sql::wallet::insert_wallet),
      update_wallet_(database, sql::wallet::update_wallet),
      insert_visit_(database, sql::queue::insert_visit),
      update_visit_(database, sql::queue::update_visit),
      put_absences_(database, sql::queue::put_absences),
      insert_draw_(database, sql::queue::insert_draw),
      update_draw_(database, sql::queue::update_draw),
      insert_priority_(database, sql::queue::insert_priority),
      insert_place_(database, sql::queue::insert_place),
      leave_place_(database, sql::queue::leave_place),
      block_seat_(database, sql::catalogue::block_seat),
      release_seat_(database, sql::catalogue::release_seat),
      insert_payment_(database, sql::payment::insert_payment),
      insert_posting_(database, sql::wallet::insert_posting),
      insert_answer_(database, sql::engine::insert_answer),
      insert_outbox_(database, sql::engine::insert_outbox),
      insert_log_(database, sql::operator_::insert_log),
      raise_watermark_(database, sql::engine::raise_watermark),
      forget_answers_(database, sql::engine::forget_answers),
      forget_outbox_(database, sql::engine::forget_outbox) {}

// Referenced rows before referencing rows; changed reservations, which only free seats, before new ones.
void Writer::write(const Batch& batch, StoreIndexes& indexes) {
  for (const auto& part : batch.hidden_seats) write_hidden_seats(database_, part);
  if (!batch.catalogue.empty()) write_catalogue(database_, batch.catalogue);
  for (const auto& row : batch.payments) add(row);
  for (const auto& one : batch.reservations.rows())
    if (one.stored) change(one, indexes);
  for (const auto& one : batch.reservations.rows())
    if (!one.stored) add(one.row, indexes);
  for (const auto& one : batch.wallets.rows()) write(one);
  for (const auto& one : batch.visits.rows()) write(one);
  for (const auto& one : batch.line.rows())
    if (!batch.line_is_elsewhere) write(one);
  for (const auto& row : batch.absences) add(row);
  for (const auto& one : batch.draws.rows()) write(one);
  for (const auto& row : batch.priority) add(row);
  for (const auto& one : batch.blocks.rows()) {
    (one.row.blocked ? block_seat_ : release_seat_).run({{"$seat_id", one.row.seat}});
    indexes.seats.add(one.row.seat);
  }
  for (const auto& row : batch.postings) add(row);
  for (const auto& row : batch.answers) add(row);
  for (const auto& row : batch.outbox) add(row);
  for (const auto& row : batch.log) add(row);
  static_assert(kKindsWrittenByName == 18, "each of them is written above, or stored nowhere");
  for_each_kind([&]<class Kind>(Kind) {
    if constexpr (kIsPutWhole<Kind>) {
      static_assert(!std::is_null_pointer_v<decltype(tables::kPut<Kind>)>,
                    "a kind that is put whole has its statement");
      if (Kind::in(batch).empty()) return;
      Statement put(database_, *tables::kPut<Kind>);
      for (const auto& row : Kind::in(batch)) put.run(columns(row));
    }
  });
  if (batch.ids_reserved_to) raise_watermark("ids_reserved_to", *batch.ids_reserved_to);
  raise_watermark("latest_moment", to_ms(batch.now));
}

void Writer::change(const Write<Reservation>& write, StoreIndexes& indexes) {
  const Reservation& row = write.row;
  const int changed = update_reservation_.run({{"$id", row.id},
                                               {"$stored_version", write.stored->version},
                                               {"$place", row.place},
                                               {"$status", row.status},
                                               {"$reason", row.reason},
                                               {"$expires_at", row.expires_at},
                                               {"$updated_at", row.updated_at},
                                               {"$payment_id", row.payment},
                                               {"$paid_at", row.paid_at},
                                               {"$version", row.version}});
  if (changed != 1) refuse("reservation", row.id.value);
  if (row.user != write.stored->user) {
    reassign_reservation_.run({{"$id", row.id}, {"$user_id", row.user}});
    indexes.fans.add(row.id, {row.event, row.user});
  }
}

void Writer::add(const Reservation& row, StoreIndexes& indexes) {
  insert_reservation_.run(columns(row));
  if (!row.takes_seat()) return;
  indexes.seats.add(row.seat);
  indexes.fans.add(row.id, {row.event, row.user});
}

void Writer::write(const Write<Wallet>& write) {
  const Wallet& row = write.row;
  if (!write.stored) {
    insert_wallet_.run(columns(row));
  } else if (update_wallet_.run({{"$id", row.id},
                                 {"$stored_seq", write.stored->seq},
                                 {"$balance", row.balance},
                                 {"$seq", row.seq}}) != 1) {
    refuse("wallet", row.id.value);
  }
}

void Writer::write(const Write<Visit>& write) {
  const Visit& row = write.row;
  if (!write.stored) {
    insert_visit_.run(columns(row));
  } else if (update_visit_.run({{"$event_id", row.event},
                                {"$place", row.place},
                                {"$stored_expires_at", write.stored->expires_at},
                                {"$expires_at", row.expires_at},
                                {"$ended_by", row.ended_by}}) != 1) {
    refuse("the visit of place", row.place);
  }
}

void Writer::write(const Write<LinePlace>& write) {
  const LinePlace& row = write.row;
  if (!write.stored) {
    insert_place_.run(columns(row));
  } else if (leave_place_.run({{"$event_id", row.event},
                               {"$place", row.place},
                               {"$user_id", row.user},
                               {"$left_at", row.left_at},
                               {"$left_by", row.left_by}}) != 1) {
    refuse("place", row.place);
  }
}

void Writer::add(const PlaceBitmap& row) {
  put_absences_.run({{"$event_id", row.event}, {"$block", row.block}, {"$bits", Value::blob(row.bits)}});
}

void Writer::write(const Write<Draw>& write) {
  const Draw& row = write.row;
  const std::string moves = tables::to_json_text(row.moves);
  const std::initializer_list<Param> columns = {{"$event_id", row.event},
                                                {"$seed", Value::blob(row.seed)},
                                                {"$opens_at", row.opens_at},
                                                {"$committed_at", row.committed_at},
                                                {"$beacon_source", row.beacon_source},
                                                {"$beacon", row.beacon},
                                                {"$drawn_at", row.drawn_at},
                                                {"$people", row.people},
                                                {"$digest", Value::blob(row.digest)},
                                                {"$algorithm", row.algorithm},
                                                {"$moves", moves}};
  if (!write.stored) insert_draw_.run(columns);
  else if (update_draw_.run(columns) != 1) refuse("the draw of event", row.event.value);
}

void Writer::add(const PriorityUser& row) { insert_priority_.run(columns(row)); }

void Writer::add(const Payment& row) { insert_payment_.run(columns(row)); }

void Writer::add(const Posting& row) { insert_posting_.run(columns(row)); }

void Writer::add(const IdempotentAnswer& row) {
  const int written = insert_answer_.run({{"$digest", tables::answer_digest(row.user, row.key)},
                                          {"$user_id", row.user},
                                          {"$key", row.key},
                                          {"$request_hash", Value::blob(row.request_hash)},
                                          {"$status", row.status},
                                          {"$body", row.body},
                                          {"$headers", row.headers},
                                          {"$created_at", row.created_at},
                                          {"$past_until", row.created_at - kAnswersKept}});
  if (written != 1) refuse("the answer of", to_ms(row.created_at));
}

void Writer::add(const OutboxRow& row) { insert_outbox_.run(columns(row)); }

void Writer::add(const LogRow& row) { insert_log_.run(columns(row)); }

void Writer::raise_watermark(std::string_view name, std::int64_t value) {
  raise_watermark_.run({{"$name", name}, {"$value", value}});
}

Forgotten Writer::forget(const RetentionLimits& limits, std::size_t rows_max) {
  Forgotten forgotten{
      .rows = std::size_t(forget_answers_.run({{"$before", limits.answers_before}, {"$limit", rows_max}}))};
  std::optional<TimePoint> newest;
  forget_outbox_.each({{"$before", limits.outbox_before.value_or(TimePoint{})},
                       {"$accepted", limits.outbox_accepted.value},
                       {"$limit", rows_max}},
                      [&](Columns& columns) {
                        OutboxId id;
                        TimePoint at;
                        columns >> id >> at;
                        newest = std::max(newest.value_or(at), at);
                        ++forgotten.rows;
                        if (id > limits.outbox_accepted) ++forgotten.dropped_events;
                      });
  if (newest) raise_watermark("outbox_forgotten_until", to_ms(*newest) + 1);
  return forgotten;
}

}  // namespace stagedoor::sqlite
