#include "audited_store.h"

#include <sqlite3.h>

#include <filesystem>
#include <regex>
#include <sstream>

#include "adapters/postgres/audit.h"
#include "adapters/postgres/postgres_store.h"
#include "adapters/sqlite/audit.h"
#include "adapters/sqlite/database.h"
#include "adapters/sqlite/sqlite_store.h"
#include "modules/events/event_types.h"
#include "protocol/draw.h"

namespace stagedoor::contract {
namespace {

Reservation refunded(Reservation row, TimePoint when) {
  row.status = ReservationStatus::REFUNDED;
  row.updated_at = when;
  ++row.version;
  return row;
}

Reservation of_place(Reservation row, Place number) {
  row.place = number;
  return row;
}

Posting posting(std::int64_t id, const Wallet& after, PostingType type, std::int64_t amount,
                std::int64_t reservation, TimePoint when) {
  Posting row = charge(id, after, amount);
  row.type = type;
  row.debit_account = type == PostingType::USE ? after.id.value : kHouseAccount;
  row.credit_account = type == PostingType::USE ? kHouseAccount : after.id.value;
  row.reservation = ReservationId{reservation};
  row.created_at = when;
  return row;
}

Reservation free_of_charge(Reservation row) {
  row.price = {};
  return row;
}

Reservation given_to(const UserId& who, Reservation row, TimePoint when) {
  row.user = who;
  row.updated_at = when;
  ++row.version;
  return row;
}

// The outbox rows of every version of a reservation; only the newest one says what the row says.
void tell(Batch& batch, const Reservation& row, Ids& ids) {
  for (int version = 1; version <= row.version; ++version) {
    Reservation then = row;
    then.version = version;
    batch.outbox.push_back(events::event_of(then, ids));
  }
}

void add_drawn_event(Batch& batch) {
  Event event = batch.catalogue.events.front();
  event.id = kDrawnEvent;
  event.name = "The Draw";
  event.queue = {};
  event.queue.order = LineOrder::draw;
  event.on_sale.from = at(1000);
  batch.catalogue.events.push_back(event);
  const auto of_event = [](auto row) {
    row.event = kDrawnEvent;
    return row;
  };
  const auto who = [](Place number) { return user(std::uint8_t(100 + number)); };
  protocol::JoinsDigest digest;
  for (Place number = 1; number <= kDrawnPeople; ++number) {
    const LinePlace row = of_event(place(number, who(number), at(100 + 10 * std::int64_t(number))));
    put(batch, row);
    digest.add(row.place, row.user, row.joined_at);
  }
  put(batch, of_event(place(kDrawnPeople + 1, who(kDrawnPeople + 1), at(1200))));
  const Draw draw{.event = kDrawnEvent,
                  .seed = std::string(protocol::kSeedBytes, 's'),
                  .opens_at = event.on_sale.from,
                  .committed_at = at(-4000),
                  .drawn_at = at(1005),
                  .people = kDrawnPeople,
                  .digest = digest.finish()};
  batch.draws.put(draw.event, draw, nullptr);
  const auto order =
      protocol::draw_order(protocol::draw_key(draw.seed, draw.digest, ""), draw.people).place_at;
  for (std::size_t rank = 0; rank < 16; ++rank) {
    const TimePoint begin = at(2000 + 100 * std::int64_t(rank));
    put(batch, of_event(visit(order[rank], who(order[rank]), begin, begin + Millis(50))));
  }
  PlaceBitmap absent{.event = kDrawnEvent, .block = 0, .bits = std::string(kPlaceBits / 8, '\0')};
  set_bit(absent, order[16]);
  batch.absences.push_back(absent);
  batch.priority.push_back({kEvent, user(9), at(100)});
  batch.revocations.push_back({user(8), at(100)});
}

// Events whose versions are in key_versions: of the first event with two versions, its date, its admissions,
// and the draw of the second event.
void add_keyed_events(Batch& batch, Ids& ids) {
  View view;
  BatchContext context{at(2000), ids};
  Changes changes;
  const Event& event = batch.catalogue.events.front();
  Event before = event;
  before.queue.people = 1;
  for (const auto& key : {events::key_of(event), events::draw_key(kDrawnEvent), events::queue_key(event.id)})
    view.key_versions.put(key, std::nullopt);
  events::add_events_of(before, nullptr, view, context, changes);
  view.key_versions.put(events::key_of(event), changes.key_versions.back());
  events::add_events_of(event, &before, view, context, changes);
  events::add_events_of(batch.catalogue.dates.front(), nullptr, view, context, changes);
  events::add_event_of(batch.draws.rows().front().row, view, context, changes);
  events::add_event_of(events::AdmittedEvent{event.id, 1, 2, 2, {1, 2}}, view, context, changes);
  batch.outbox.insert(batch.outbox.end(), changes.outbox.begin(), changes.outbox.end());
  batch.key_versions = std::move(changes.key_versions);
}

// A ticket that a gate let in, and one that was revoked.
void add_tickets(Batch& batch, const Reservation& bought, const Reservation& given_back, Ids& ids) {
  Changes changes;
  events::add_ticket_events(bought, ids, changes);
  events::add_ticket_events(given_back, ids, changes);
  const TicketUse use{.reservation = bought.id,
                      .ticket = bought.version,
                      .date = bought.date,
                      .version = 1,
                      .live = 1,
                      .scans = "+1700000004000 door-1\n",
                      .updated_at = at(4000)};
  batch.ticket_uses.push_back(use);
  changes.outbox.push_back(events::event_of(use, bought, {{at(4000), "door-1"}}, "used", ids));
  batch.outbox.insert(batch.outbox.end(), changes.outbox.begin(), changes.outbox.end());
}

}  // namespace

Batch sound_rows() {
  Batch batch;
  batch.catalogue = sample_catalogue();
  Event& event = batch.catalogue.events.front();
  event.queue.admission = Admission::both;
  event.queue.people = 2;
  event.queue.every = Millis(1000);
  event.queue.capacity = 2;
  event.policy.seats_per_user = 2;

  for (std::uint8_t i = 1; i <= 4; ++i) {
    LinePlace row = place(i, user(i), at(10 * i));
    if (i == 3) row.left_at = at(40);
    put(batch, row);
  }
  put(batch, place(5, user(1), at(2500)));
  put(batch, visit(1, user(1), at(100), at(2000)));
  put(batch, visit(2, user(2), at(100), at(300'200)));
  put(batch, visit(4, user(4), at(2000), at(3000)));

  const auto bought = of_place(paid(hold(1001, seat(1), user(1), at(200)), 2001, at(2000)), 1);
  const auto held = of_place(hold(1002, seat(2), user(2), at(200)), 2);
  const auto gone =
      of_place(cancelled(hold(1003, seat(3), user(2), at(200)), CancelReason::OWNER, at(1500)), 2);
  const auto given_back =
      of_place(refunded(paid(hold(1004, seat(4), user(4), at(2500)), 2002, at(3000)), at(3500)), 4);
  const auto lapsed =
      of_place(cancelled(hold(1005, seat(5), user(1), at(150)), CancelReason::LAPSED, at(300'160)), 1);
  // Of a date that is cancelled, one is refunded and one is not yet; they cost nothing.
  const auto reassigned = given_to(
      user(5), of_place(paid(free_of_charge(hold(1006, seat(6), user(1), at(210))), 2003, at(1900)), 1),
      at(2100));
  const auto ended = of_place(
      refunded(paid(free_of_charge(hold(1007, seat(11), user(4), at(2100))), 2004, at(2200)), at(4100)), 4);
  const auto to_end =
      of_place(paid(free_of_charge(hold(1008, seat(18), user(4), at(2100))), 2004, at(2200)), 4);
  Ids outbox_ids(5001);
  for (const auto& row : {bought, held, gone, given_back, lapsed, reassigned, ended, to_end}) {
    put(batch, row);
    tell(batch, row, outbox_ids);
  }
  batch.payments.push_back({PaymentId{2001}, user(1), bought.price, at(2000), {bought.id}});
  batch.payments.push_back({PaymentId{2002}, user(4), given_back.price, at(3000), {given_back.id}});
  batch.payments.push_back({PaymentId{2003}, user(1), {}, at(1900), {reassigned.id}});
  batch.payments.push_back({PaymentId{2004}, user(4), {}, at(2200), {ended.id, to_end.id}});
  batch.reassignments.push_back({reassigned.id, reassigned.version, user(1), user(5), "anna", at(2100)});
  EventDate& cancelled_date = batch.catalogue.dates[1];
  cancelled_date.deleted_at = cancelled_date.updated_at = at(4000);
  DateCancellation& cancellation = batch.catalogue.cancellations.emplace_back();
  cancellation.date = cancelled_date.id;
  cancellation.reason = "The singer is ill.";
  cancellation.operator_name = "anna";
  cancellation.begun_at = at(4000);
  cancellation.seats_done = 5;
  cancellation.refunded = 1;

  put(batch, wallet(3001, user(1), 110'000, 2));
  put(batch, wallet(3002, user(4), 90'000, 3));
  batch.postings = {
      charge(4001, wallet(3001, user(1), 200'000, 1), 200'000),
      posting(4002, wallet(3001, user(1), 110'000, 2), PostingType::USE, 90'000, 1001, at(2000)),
      charge(4003, wallet(3002, user(4), 90'000, 1), 90'000),
      posting(4004, wallet(3002, user(4), 0, 2), PostingType::USE, 90'000, 1004, at(3000)),
      posting(4005, wallet(3002, user(4), 90'000, 3), PostingType::REFUND, 90'000, 1004, at(3500)),
  };
  for (const auto& row : batch.payments) batch.outbox.push_back(events::event_of(row, outbox_ids));
  for (const auto& row : batch.postings)
    batch.outbox.push_back(events::event_of(row, user(row.wallet == WalletId{3001} ? 1 : 4), outbox_ids));

  add_drawn_event(batch);
  add_keyed_events(batch, outbox_ids);
  add_tickets(batch, bought, given_back, outbox_ids);
  batch.answers.push_back(answer(user(1), "key", at(2000)));
  batch.log.push_back(log_row(6001));
  put(batch, SeatBlock{seat(10), true});
  batch.ids_reserved_to = 10'000;
  batch.now = at(300'160);
  return batch;
}

namespace {

// A sink that has accepted an event, parked one and given one up.
void accept_events(Outbox& sinks) {
  const auto rows = sinks.pending({}, 2);
  ParkedEvent refused{
      .event = rows.at(1), .attempts = 1, .parked_at = at(2), .next_at = at(3), .reason = "500"};
  ParkedEvent dead = refused;
  dead.event = rows.at(0);
  sinks.park("out", {}, OutboxId{5002}, {.park = {refused, dead}, .bury = {dead}});
}

}  // namespace

const reports::AuditCheck& check_of(const reports::AuditReport& report, const std::string& name) {
  for (const auto& check : report.checks)
    if (check.name == name) return check;
  throw std::runtime_error("no check is called " + name);
}

std::unique_ptr<Store> AuditedSqlite::open() {
  return std::make_unique<sqlite::SqliteStore>(sqlite::SqliteOptions{.path = path_});
}
reports::AuditReport AuditedSqlite::audit() { return sqlite::audit_sqlite(path_); }

void AuditedSqlite::fill() {
  sqlite::SqliteStore store(sqlite::SqliteOptions{.path = path_});
  commit(store, sound_rows());
  accept_events(*store.outbox());
}

void AuditedSqlite::damage(const std::string& statements) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
  const std::string all = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; " + statements;
  EXPECT_EQ(sqlite3_exec(db, all.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db) << "\n"
                                                                                 << statements;
  sqlite3_close(db);
}

std::vector<std::string> AuditedSqlite::ask(const std::string& question) const {
  std::vector<std::string> rows;
  sqlite::Database database(path_, sqlite::OpenFor::reading);
  database.each_row(question, [&](sqlite::Columns& columns) { columns >> rows.emplace_back(); });
  return rows;
}

std::vector<std::string> AuditedSqlite::columns() {
  return ask(
      "SELECT t.name || '.' || c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c "
      "WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'");
}

void AuditedSqlite::save(const std::string&) {
  std::filesystem::copy_file(path_, path_ + ".saved", std::filesystem::copy_options::overwrite_existing);
}
void AuditedSqlite::restore(const std::string&) {
  for (const char* beside : {"-wal", "-shm"}) std::filesystem::remove(path_ + beside);
  std::filesystem::copy_file(path_ + ".saved", path_, std::filesystem::copy_options::overwrite_existing);
}

namespace {

// The CHECK constraints are taken away and put back as ones that are not checked.
constexpr const char* kUnchecked = R"(
SET session_replication_role = replica;
CREATE TEMPORARY TABLE checks AS
SELECT conrelid::regclass::text AS of_table, conname, pg_get_constraintdef(oid) AS definition
FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace;
DO $$ DECLARE c RECORD; BEGIN
  FOR c IN SELECT * FROM checks LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.of_table, c.conname);
  END LOOP;
END $$;
CREATE FUNCTION json_set(policy JSON, path TEXT, value INTEGER) RETURNS JSON LANGUAGE sql AS
$$ SELECT jsonb_set(policy::jsonb, ARRAY[substr(path, 3)], to_jsonb(value))::json $$;
)";
constexpr const char* kCheckedAgain = R"(;
DROP FUNCTION json_set;
DO $$ DECLARE c RECORD; BEGIN
  FOR c IN SELECT * FROM checks LOOP
    EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s NOT VALID', c.of_table, c.conname, c.definition);
  END LOOP;
END $$;
)";

}  // namespace

std::unique_ptr<Store> AuditedPostgres::open() {
  return std::make_unique<postgres::PostgresStore>(postgres::PostgresOptions{.url = database_.url()});
}
reports::AuditReport AuditedPostgres::audit() { return postgres::audit_postgres(database_.url()); }

void AuditedPostgres::fill() {
  postgres::PostgresStore store(postgres::PostgresOptions{.url = database_.url()});
  Batch rows = sound_rows();
  commit(store, rows);
  Batch nothing;
  nothing.now = rows.now;
  commit(store, nothing);
  accept_events(*store.outbox());
}

void AuditedPostgres::damage(const std::string& statements) {
  const std::string with_uuids = std::regex_replace(statements, std::regex("x('[0-9a-f]{32}')"), "$1");
  const std::string with_bytes = std::regex_replace(with_uuids, std::regex("x'([0-9a-f]+)'"), "'\\x$1'");
  database_.ask(kUnchecked + with_bytes + kCheckedAgain);
}

std::vector<std::string> AuditedPostgres::columns() {
  std::istringstream lines(database_.ask(
      "SELECT string_agg(table_name || '.' || column_name, chr(10)) FROM information_schema.columns "
      "WHERE table_schema = 'public'"));
  std::vector<std::string> columns;
  for (std::string line; std::getline(lines, line);) columns.push_back(line);
  return columns;
}

void AuditedPostgres::save(const std::string& table) {
  database_.ask("CREATE TABLE saved AS TABLE " + table);
}
void AuditedPostgres::restore(const std::string& table) {
  damage("DELETE FROM " + table + "; INSERT INTO " + table +
         " OVERRIDING SYSTEM VALUE SELECT * FROM saved; DROP TABLE saved");
}

void PrintTo(const AuditedKind& kind, std::ostream* out) { *out << kind.name; }

std::vector<AuditedKind> audited_kinds() {
  std::vector<AuditedKind> kinds = {
      {"sqlite", []() -> std::unique_ptr<Audited> { return std::make_unique<AuditedSqlite>(); }}};
  if (!test::PostgresServer::missing())
    kinds.push_back(
        {"postgres", []() -> std::unique_ptr<Audited> { return std::make_unique<AuditedPostgres>(); }});
  return kinds;
}

}  // namespace stagedoor::contract
