#include "adapters/sqlite/sqlite_queries.h"

#include "adapters/sqlite/generation.h"
#include "adapters/sqlite/schema.h"
#include "adapters/tables/rows.h"

namespace stagedoor::sqlite {
namespace {

// A page of rows that are indexed by generation (generation.h), newest first. Reads one generation after the
// other until the page is full, and only those that have rows of the table: most ids are those of others.
// `newest` finds the newest row below an id. `page_of(generation, rows wanted)` adds to the page.
template <class SomeId, class Rows, class PageOf>
Rows page_by_generation(Statement& newest, PageAt at, PageOf&& page_of) {
  const auto limit = std::size_t(at.limit);
  Rows rows;
  for (std::int64_t before = at.bound(); rows.size() < limit;) {
    SomeId id;
    newest.each({{"$before", before}}, [&](Columns& columns) { columns >> id; });
    if (!id) break;
    page_of(rows, generation_of(id), limit - rows.size());
    before = first_of_generation(generation_of(id));
  }
  return rows;
}

}  // namespace

SqliteQueries::SqliteQueries(const std::string& path)
    : database_(path, OpenFor::reading),
      reservation_(database_, sql::reservation::find_reservation),
      reservations_of_user_(database_, sql::reservation::find_reservations_of_user),
      newest_reservation_(database_, sql::reservation::find_newest),
      reservation_taking_seat_(database_, sql::reservation::find_reservation_taking_seat),
      all_reservations_(database_, sql::reservation::find_reservations_after),
      wallet_(database_, sql::wallet::find_wallet),
      postings_(database_, sql::wallet::list_postings),
      payment_(database_, sql::payment::find_payment),
      payments_of_user_(database_, sql::payment::find_payments_of_user),
      newest_payment_(database_, sql::payment::find_newest),
      paid_reservations_(database_, sql::payment::find_paid_reservations),
      log_(database_, sql::operator_::list_log),
      ticket_use_(database_, sql::ticket::find_use),
      revoked_of_date_(database_, sql::ticket::find_revoked_of_date),
      twice_of_date_(database_, sql::ticket::find_twice_of_date) {
  check_schema(database_);
  database_.set_fatal_on_error();
}

std::optional<Reservation> SqliteQueries::reservation(ReservationId id) {
  std::optional<Reservation> found;
  reservation_.each({{"$id", id}}, [&](Columns& columns) { columns >> found.emplace(); });
  return found;
}

std::vector<Reservation> SqliteQueries::reservations_of(const UserId& user,
                                                        std::optional<ReservationStatus> status, PageAt at) {
  const ReadTransaction transaction(database_);
  const Value wanted = status ? Value(*status) : Value::null();
  return page_by_generation<ReservationId, std::vector<Reservation>>(
      newest_reservation_, at, [&](auto& rows, std::int64_t generation, std::size_t limit) {
        reservations_of_user_.each({{"$generation", generation},
                                    {"$user_id", user},
                                    {"$before", at.bound()},
                                    {"$status", wanted},
                                    {"$limit", limit}},
                                   [&](Columns& columns) { columns >> rows.emplace_back(); });
      });
}

std::optional<Reservation> SqliteQueries::reservation_taking(SeatId seat) {
  std::optional<Reservation> found;
  reservation_taking_seat_.each({{"$seat_id", seat}}, [&](Columns& columns) { columns >> found.emplace(); });
  return found;
}

std::vector<Reservation> SqliteQueries::reservations_after(ReservationId after, int limit) {
  std::vector<Reservation> rows;
  all_reservations_.each({{"$after", after.value}, {"$limit", limit}},
                         [&](Columns& columns) { columns >> rows.emplace_back(); });
  return rows;
}

std::optional<Wallet> SqliteQueries::wallet(const UserId& user) {
  std::optional<Wallet> found;
  wallet_.each({{"$user_id", user}}, [&](Columns& columns) { columns >> found.emplace(); });
  return found;
}

std::vector<Posting> SqliteQueries::history(WalletId wallet, PageAt at) {
  std::vector<Posting> rows;
  postings_.each({{"$wallet_id", wallet}, {"$before", at.bound()}, {"$limit", at.limit}},
                 [&](Columns& columns) { columns >> rows.emplace_back(); });
  return rows;
}

std::optional<Payment> SqliteQueries::payment(PaymentId id) {
  const ReadTransaction transaction(database_);
  std::optional<Payment> found;
  payment_.each({{"$id", id}}, [&](Columns& columns) { columns >> found.emplace(); });
  if (found) read_paid_reservations(*found);
  return found;
}

std::vector<Payment> SqliteQueries::payments_of(const UserId& user, PageAt at) {
  const ReadTransaction transaction(database_);
  auto payments = page_by_generation<PaymentId, std::vector<Payment>>(
      newest_payment_, at, [&](auto& rows, std::int64_t generation, std::size_t limit) {
        payments_of_user_.each(
            {{"$generation", generation}, {"$user_id", user}, {"$before", at.bound()}, {"$limit", limit}},
            [&](Columns& columns) { columns >> rows.emplace_back(); });
      });
  for (auto& payment : payments) read_paid_reservations(payment);
  return payments;
}

std::vector<LogRow> SqliteQueries::log(PageAt at) {
  std::vector<LogRow> rows;
  log_.each({{"$before", at.bound()}, {"$limit", at.limit}},
            [&](Columns& columns) { columns >> rows.emplace_back(); });
  return rows;
}

std::optional<TicketUse> SqliteQueries::ticket_use(const TicketRef& ticket) {
  std::optional<TicketUse> found;
  ticket_use_.each({{"$reservation_id", ticket.first}, {"$ticket", ticket.second}},
                   [&](Columns& columns) { columns >> found.emplace(); });
  return found;
}

GateRows SqliteQueries::gate_rows(DateId date) {
  const ReadTransaction transaction(database_);
  GateRows rows;
  revoked_of_date_.each({{"$date_id", date}},
                        [&](Columns& columns) { columns >> rows.revoked.emplace_back(); });
  twice_of_date_.each({{"$date_id", date}}, [&](Columns& columns) { columns >> rows.twice.emplace_back(); });
  return rows;
}

void SqliteQueries::read_paid_reservations(Payment& payment) {
  paid_reservations_.each({{"$payment_id", payment.id}},
                          [&](Columns& columns) { columns >> payment.reservations.emplace_back(); });
}

}  // namespace stagedoor::sqlite
