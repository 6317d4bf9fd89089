#include "adapters/postgres/writer.h"

#include <span>

#include "adapters/tables/answer_digest.h"
#include "adapters/tables/policy_json.h"
#include "adapters/tables/rows.h"
#include "adapters/tables/statements.h"

namespace stagedoor::postgres {
namespace {

// Rows to write: only new ones, or only changed ones.
template <class Row>
using Some = std::vector<const Write<Row>*>;

template <class Key, class Row>
Some<Row> some(const Writes<Key, Row>& writes, bool is_stored) {
  Some<Row> rows;
  for (const auto& one : writes.rows())
    if (one.stored.has_value() == is_stored) rows.push_back(&one);
  return rows;
}

// One member of each row.
template <class Row, class Member>
Value each(const std::vector<Row>& rows, Member Row::*member) {
  return Value::of_each(rows, [=](const Row& row) -> const Member& { return row.*member; });
}
template <class Row, class Member>
Value each(const Some<Row>& rows, Member Row::*member) {
  return Value::of_each(rows, [=](const Write<Row>* one) -> const Member& { return one->row.*member; });
}
template <class Row, class Member>
Value each_stored(const Some<Row>& rows, Member Row::*member) {
  return Value::of_each(rows, [=](const Write<Row>* one) -> const Member& { return (*one->stored).*member; });
}
template <class Row>
Value each_bytes(const std::vector<Row>& rows, std::string Row::*member) {
  return Value::of_each(rows, [=](const Row& row) { return Bytes{row.*member}; });
}

// --- the catalogue: seldom, and one row after the other ---

// `put`: put_event or add_hidden_event.
void write(Connection& connection, const sql::Text& put, const Event& event) {
  connection.queue(put, {{"$id", event.id},
                         {"$name", event.name},
                         {"$performer", event.performer},
                         {"$venue", event.venue},
                         {"$on_sale_from", event.on_sale.from},
                         {"$on_sale_until", event.on_sale.until},
                         {"$queue_policy", tables::to_json_text(event.queue)},
                         {"$sale_policy", tables::to_json_text(event.policy)},
                         {"$closed", event.closed},
                         {"$paused", event.paused},
                         {"$created_at", event.created_at},
                         {"$updated_at", event.updated_at},
                         {"$time_zone", event.time_zone},
                         {"$imported", event.imported},
                         {"$paused_since", event.paused_since},
                         {"$paused_text", event.paused_text}});
}

// True if the row existed.
bool change_date(Connection& connection, const EventDate& date) {
  connection.queue(sql::catalogue::update_date, {{"$id", date.id},
                                                 {"$starts_at", date.starts_at},
                                                 {"$booking_from", date.booking.from},
                                                 {"$booking_until", date.booking.until},
                                                 {"$layout", date.layout},
                                                 {"$updated_at", date.updated_at},
                                                 {"$deleted_at", date.deleted_at},
                                                 {"$imported", date.imported},
                                                 {"$created_at", date.created_at},
                                                 {"$first_seat", date.first_seat}});
  connection.finish();
  return connection.changed() == 1;
}

// `first`: the index of the first of `all`.
void add_seats(Connection& connection, const EventDate& date, std::size_t first, std::span<const Seat> all) {
  constexpr std::size_t kSeatsAtOnce = 10'000;
  for (std::size_t from = 0; from < all.size(); from += kSeatsAtOnce) {
    const auto seats = all.subspan(from, std::min(kSeatsAtOnce, all.size() - from));
    const auto of_each = [&](auto Seat::*member) {
      return Value::of_each(seats, [=](const Seat& seat) { return seat.*member; });
    };
    const Value ids = Value::of_each(
        seats, [&](const Seat& seat) { return date.seat_id(first + std::size_t(&seat - all.data())); });
    connection.queue(sql::catalogue::insert_seat, {{"$ids", ids},
                                                   {"$date_id", date.id},
                                                   {"$numbers", of_each(&Seat::number)},
                                                   {"$sections", of_each(&Seat::section)},
                                                   {"$rows", of_each(&Seat::row)},
                                                   {"$numbers_in_row", of_each(&Seat::number_in_row)},
                                                   {"$categories", of_each(&Seat::category)}});
  }
}

// Without its seats. Drops what a large import that died has left of it; that is nobody's.
void add_date(Connection& connection, const EventDate& date, std::int64_t seat_count, bool hidden) {
  connection.queue(sql::catalogue::drop_hidden_seats, {{"$id", date.id}});
  connection.queue(sql::catalogue::drop_hidden_date, {{"$id", date.id}});
  connection.queue(sql::catalogue::insert_date, {{"$id", date.id},
                                                 {"$event_id", date.event},
                                                 {"$starts_at", date.starts_at},
                                                 {"$booking_from", date.booking.from},
                                                 {"$booking_until", date.booking.until},
                                                 {"$layout", date.layout},
                                                 {"$first_seat", date.first_seat},
                                                 {"$seat_count", seat_count},
                                                 {"$created_at", date.created_at},
                                                 {"$updated_at", date.updated_at},
                                                 {"$deleted_at", date.deleted_at},
                                                 {"$imported", date.imported},
                                                 {"$hidden", hidden}});
}

void write(Connection& connection, const HiddenSeats& part) {
  if (part.first == 0) {
    write(connection, sql::catalogue::add_hidden_event, part.event);
    add_date(connection, part.date, part.seats_in_all, true);
  } else {
    connection.queue(sql::catalogue::keep_hidden_date,
                     {{"$id", part.date.id}, {"$first_seat", part.date.first_seat}});
    connection.finish();
    if (connection.changed() != 1) throw StoreRefused("the first seats of a hidden date are gone");
  }
  add_seats(connection, part.date, part.first, part.seats);
}

void write(Connection& connection, const EventDate& date) {
  if (!change_date(connection, date)) {
    add_date(connection, date, std::int64_t(date.seats.size()), false);
    add_seats(connection, date, 0, date.seats);
  }
  for (std::size_t i = 0; i < date.sections.size(); ++i) {
    connection.queue(sql::catalogue::put_section,
                     {{"$date_id", date.id}, {"$position", i}, {"$name", date.sections[i]}});
  }
  for (std::size_t i = 0; i < date.categories.size(); ++i) {
    const Category& row = date.categories[i];
    connection.queue(sql::catalogue::put_category, {{"$id", row.id},
                                                    {"$date_id", date.id},
                                                    {"$position", i},
                                                    {"$name", row.name},
                                                    {"$price", row.price}});
  }
}

void write(Connection& connection, const CatalogueChanges& changes) {
  for (const auto& event : changes.events) write(connection, sql::catalogue::put_event, event);
  for (const auto& date : changes.dates) write(connection, date);
  for (const auto& [name, layout] : changes.layouts)
    connection.queue(sql::catalogue::put_layout,
                     {{"$name", name}, {"$definition", tables::to_json_text(layout)}});
}

// --- everything else ---

void change(Connection& connection, const Some<Reservation>& rows) {
  connection.queue(sql::reservation::update_reservation,
                   {{"$ids", each(rows, &Reservation::id)},
                    {"$stored_versions", each_stored(rows, &Reservation::version)},
                    {"$user_ids", each(rows, &Reservation::user)},
                    {"$places", each(rows, &Reservation::place)},
                    {"$statuses", each(rows, &Reservation::status)},
                    {"$reasons", each(rows, &Reservation::reason)},
                    {"$expires_ats", each(rows, &Reservation::expires_at)},
                    {"$updated_ats", each(rows, &Reservation::updated_at)},
                    {"$payment_ids", each(rows, &Reservation::payment)},
                    {"$paid_ats", each(rows, &Reservation::paid_at)},
                    {"$versions", each(rows, &Reservation::version)}});
}

void change(Connection& connection, const Some<Wallet>& rows) {
  connection.queue(sql::wallet::update_wallet, {{"$ids", each(rows, &Wallet::id)},
                                                {"$stored_seqs", each_stored(rows, &Wallet::seq)},
                                                {"$balances", each(rows, &Wallet::balance)},
                                                {"$seqs", each(rows, &Wallet::seq)}});
}

void change(Connection& connection, const Some<Visit>& rows) {
  connection.queue(sql::queue::update_visit, {{"$event_ids", each(rows, &Visit::event)},
                                              {"$places", each(rows, &Visit::place)},
                                              {"$stored_expires_ats", each_stored(rows, &Visit::expires_at)},
                                              {"$expires_ats", each(rows, &Visit::expires_at)},
                                              {"$ended_bys", each(rows, &Visit::ended_by)}});
}

void change(Connection& connection, const Some<LinePlace>& rows) {
  connection.queue(sql::queue::leave_place, {{"$event_ids", each(rows, &LinePlace::event)},
                                             {"$places", each(rows, &LinePlace::place)},
                                             {"$user_ids", each(rows, &LinePlace::user)},
                                             {"$left_ats", each(rows, &LinePlace::left_at)},
                                             {"$left_bys", each(rows, &LinePlace::left_by)}});
}

// Inserts rows without bytes members, with one array per described column.
template <class Row, class Rows>
void insert(Connection& connection, const sql::Text& statement, const Rows& rows) {
  if (rows.empty()) return;
  connection.queue(statement,
                   tables::parameters<Param, Row>([&](auto member) { return each(rows, member); }));
}

// The columns of one row without bytes members.
template <class Row>
auto columns(const Row& row) {
  return tables::parameters<Param, Row>([&](auto member) { return Value(row.*member); });
}

// Changed rows, which only free seats, before new ones.
template <class Key, class Row>
void write(Connection& connection, const sql::Text& statement, const Writes<Key, Row>& writes) {
  if (const auto changed = some(writes, true); !changed.empty()) change(connection, changed);
  insert<Row>(connection, statement, some(writes, false));
}

void write(Connection& connection, const Write<Draw>& write) {
  const Draw& row = write.row;
  connection.queue(write.stored ? sql::queue::update_draw : sql::queue::insert_draw,
                   {{"$event_id", row.event},
                    {"$seed", Bytes{row.seed}},
                    {"$opens_at", row.opens_at},
                    {"$committed_at", row.committed_at},
                    {"$beacon_source", row.beacon_source},
                    {"$beacon", row.beacon},
                    {"$drawn_at", row.drawn_at},
                    {"$people", row.people},
                    {"$digest", Bytes{row.digest}},
                    {"$algorithm", row.algorithm},
                    {"$moves", tables::to_json_text(row.moves)}});
}

void write(Connection& connection, const Writes<SeatId, SeatBlock>& blocks) {
  std::vector<SeatId> blocked;
  std::vector<SeatId> released;
  for (const auto& one : blocks.rows()) (one.row.blocked ? blocked : released).push_back(one.row.seat);
  const auto seats = [](SeatId seat) { return seat; };
  if (!blocked.empty())
    connection.queue(sql::catalogue::block_seat, {{"$seat_ids", Value::of_each(blocked, seats)}});
  if (!released.empty())
    connection.queue(sql::catalogue::release_seat, {{"$seat_ids", Value::of_each(released, seats)}});
}

void add(Connection& connection, const std::vector<PlaceBitmap>& rows) {
  if (rows.empty()) return;
  connection.queue(sql::queue::put_absences, {{"$event_ids", each(rows, &PlaceBitmap::event)},
                                              {"$blocks", each(rows, &PlaceBitmap::block)},
                                              {"$bits", each_bytes(rows, &PlaceBitmap::bits)}});
}

void add(Connection& connection, const std::vector<IdempotentAnswer>& rows) {
  if (rows.empty()) return;
  const auto digest = [](const IdempotentAnswer& row) { return tables::answer_digest(row.user, row.key); };
  connection.queue(sql::engine::insert_answer,
                   {{"$digests", Value::of_each(rows, digest)},
                    {"$user_ids", each(rows, &IdempotentAnswer::user)},
                    {"$keys", each_bytes(rows, &IdempotentAnswer::key)},
                    {"$request_hashes", each_bytes(rows, &IdempotentAnswer::request_hash)},
                    {"$statuses", each(rows, &IdempotentAnswer::status)},
                    {"$bodies", each(rows, &IdempotentAnswer::body)},
                    {"$headers", each(rows, &IdempotentAnswer::headers)},
                    {"$created_ats", each(rows, &IdempotentAnswer::created_at)},
                    {"$kept", kAnswersKept}});
}

void raise_watermarks(Connection& connection, const Batch& batch) {
  std::vector<std::pair<std::string_view, std::int64_t>> marks = {{"latest_moment", to_ms(batch.now)}};
  if (batch.ids_reserved_to) marks.emplace_back("ids_reserved_to", *batch.ids_reserved_to);
  connection.queue(sql::engine::raise_watermark,
                   {{"$names", Value::of_each(marks, [](const auto& mark) { return mark.first; })},
                    {"$values", Value::of_each(marks, [](const auto& mark) { return mark.second; })}});
}

}  // namespace

// Referenced rows before referencing rows.
void write(Connection& connection, const Batch& batch) {
  for (const auto& part : batch.hidden_seats) write(connection, part);
  write(connection, batch.catalogue);
  insert<Payment>(connection, sql::payment::insert_payment, batch.payments);
  write(connection, sql::reservation::insert_reservation, batch.reservations);
  write(connection, sql::wallet::insert_wallet, batch.wallets);
  write(connection, sql::queue::insert_visit, batch.visits);
  if (!batch.line_is_elsewhere) write(connection, sql::queue::insert_place, batch.line);
  add(connection, batch.absences);
  for (const auto& one : batch.draws.rows()) write(connection, one);
  insert<PriorityUser>(connection, sql::queue::insert_priority, batch.priority);
  write(connection, batch.blocks);
  insert<Posting>(connection, sql::wallet::insert_posting, batch.postings);
  add(connection, batch.answers);
  insert<OutboxRow>(connection, sql::engine::insert_outbox, batch.outbox);
  insert<LogRow>(connection, sql::operator_::insert_log, batch.log);
  static_assert(kKindsWrittenByName == 18, "each of them is written above, or stored nowhere");
  for_each_kind([&]<class Kind>(Kind) {
    if constexpr (kIsPutWhole<Kind>) {
      static_assert(!std::is_null_pointer_v<decltype(tables::kPut<Kind>)>,
                    "a kind that is put whole has its statement");
      for (const auto& row : Kind::in(batch)) connection.queue(*tables::kPut<Kind>, columns(row));
    }
  });
  raise_watermarks(connection, batch);
}

}  // namespace stagedoor::postgres
