// The audit (R-O3): a sound store is clean, and every kind of damage is found, by its check, with its ids.
#include "adapters/sqlite/audit.h"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <regex>
#include <set>

#include "adapters/postgres/audit.h"
#include "adapters/postgres/postgres_store.h"
#include "adapters/sqlite/sqlite_store.h"
#include "sample.h"
#include "store_under_test.h"

namespace stagedoor::contract {
namespace {

using testing::Contains;
using testing::HasSubstr;

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

// Two may be inside, two come in a second, two seats a person. User 1 paid and joined again, user 2 holds a
// seat, user 3 gave the place up, user 4 paid and was refunded.
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
  std::int64_t outbox_id = 5000;
  for (const auto& row : {bought, held, gone, given_back, lapsed}) {
    put(batch, row);
    for (int version = 1; version <= row.version; ++version)
      batch.outbox.push_back(outbox(++outbox_id, "reservation/" + std::to_string(row.id.value), version));
  }
  batch.payments.push_back({PaymentId{2001}, user(1), bought.price, at(2000), {bought.id}});
  batch.payments.push_back({PaymentId{2002}, user(4), given_back.price, at(3000), {given_back.id}});

  put(batch, wallet(3001, user(1), 110'000, 2));
  put(batch, wallet(3002, user(4), 90'000, 3));
  batch.postings = {
      charge(4001, wallet(3001, user(1), 200'000, 1), 200'000),
      posting(4002, wallet(3001, user(1), 110'000, 2), PostingType::USE, 90'000, 1001, at(2000)),
      charge(4003, wallet(3002, user(4), 90'000, 1), 90'000),
      posting(4004, wallet(3002, user(4), 0, 2), PostingType::USE, 90'000, 1004, at(3000)),
      posting(4005, wallet(3002, user(4), 90'000, 3), PostingType::REFUND, 90'000, 1004, at(3500)),
  };
  for (const auto& row : batch.postings)
    batch.outbox.push_back(outbox(++outbox_id, "wallet/" + std::to_string(row.wallet.value), row.seq));

  batch.answers.push_back(answer(user(1), "key", at(2000)));
  batch.log.push_back(log_row(6001));
  put(batch, SeatBlock{seat(10), true});
  batch.ids_reserved_to = 10'000;
  batch.now = at(300'160);
  return batch;
}

const reports::AuditCheck& check_of(const reports::AuditReport& report, const std::string& name) {
  for (const auto& check : report.checks)
    if (check.name == name) return check;
  throw std::runtime_error("no check is called " + name);
}

// A database of either kind, with the sound rows in it.
class Audited {
 public:
  virtual ~Audited() = default;
  virtual std::unique_ptr<Store> open() = 0;
  virtual reports::AuditReport audit() = 0;
  // What no constraint of the schema keeps out, because it is switched off. In SQLite's words.
  virtual void damage(const std::string& statements) = 0;
};

class AuditedSqlite final : public Audited {
 public:
  std::unique_ptr<Store> open() override {
    return std::make_unique<sqlite::SqliteStore>(sqlite::SqliteOptions{.path = path_});
  }
  reports::AuditReport audit() override { return sqlite::audit_sqlite(path_); }
  void damage(const std::string& statements) override {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
    const std::string all = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; " + statements;
    EXPECT_EQ(sqlite3_exec(db, all.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db) << "\n"
        << statements;
    sqlite3_close(db);
  }

 private:
  Folder folder_{fast_folder()};
  std::string path_ = folder_.file("store.db");
};

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

class AuditedPostgres final : public Audited {
 public:
  std::unique_ptr<Store> open() override {
    return std::make_unique<postgres::PostgresStore>(postgres::PostgresOptions{.url = database_.url()});
  }
  reports::AuditReport audit() override { return postgres::audit_postgres(database_.url()); }
  void damage(const std::string& statements) override {
    const std::string with_uuids = std::regex_replace(statements, std::regex("x('[0-9a-f]{32}')"), "$1");
    const std::string with_bytes = std::regex_replace(with_uuids, std::regex("x'00'"), "'\\x00'");
    database_.ask(kUnchecked + with_bytes + kCheckedAgain);
  }

 private:
  FreshDatabase database_{FreshDatabase::With::nothing};
};

struct AuditedKind {
  const char* name;
  std::unique_ptr<Audited> (*make)();
};
void PrintTo(const AuditedKind& kind, std::ostream* out) { *out << kind.name; }

std::vector<AuditedKind> audited_kinds() {
  std::vector<AuditedKind> kinds = {
      {"sqlite", []() -> std::unique_ptr<Audited> { return std::make_unique<AuditedSqlite>(); }}};
  if (!test::PostgresServer::missing())
    kinds.push_back(
        {"postgres", []() -> std::unique_ptr<Audited> { return std::make_unique<AuditedPostgres>(); }});
  return kinds;
}

class Audit : public testing::TestWithParam<AuditedKind> {
 protected:
  const std::unique_ptr<Audited> audited_ = GetParam().make();
};
INSTANTIATE_TEST_SUITE_P(Stores, Audit, testing::ValuesIn(audited_kinds()),
                         [](const auto& kind) { return kind.param.name; });

TEST_P(Audit, finds_nothing_in_a_sound_store) {
  commit(*audited_->open(), sound_rows());
  const auto report = audited_->audit();
  EXPECT_TRUE(report.is_clean()) << report.text();
  EXPECT_THAT(report.text(), HasSubstr("The store is clean"));
}

TEST_P(Audit, finds_nothing_in_a_new_store) {
  audited_->open();
  const auto report = audited_->audit();
  EXPECT_TRUE(report.is_clean()) << report.text();
}

TEST_P(Audit, works_while_the_store_is_in_use) {
  const auto store = audited_->open();
  commit(*store, sound_rows());
  const auto transaction = store->begin();
  Batch batch;
  put(batch, wallet(3009, user(9), 5, 1));  // not sound, and not committed
  transaction->apply(batch);
  EXPECT_TRUE(audited_->audit().is_clean());
  transaction->commit();
  EXPECT_FALSE(audited_->audit().is_clean());
}

TEST_P(Audit, judges_limits_only_from_the_last_change_of_the_event_on) {
  commit(*audited_->open(), sound_rows());
  audited_->damage(
      "UPDATE events SET updated_at = (SELECT value FROM meta WHERE name = 'latest_moment'), queue_policy = "
      "json_set(json_set(json_set(queue_policy, '$.people', 1), '$.capacity', 1), '$.visit_max', 1), "
      "sale_policy = json_set(sale_policy, '$.seats_per_user', 0)");
  const auto report = audited_->audit();
  EXPECT_TRUE(report.is_clean()) << report.text();
}

TEST_P(Audit, misses_no_event_that_may_have_been_forgotten) {
  commit(*audited_->open(), sound_rows());
  audited_->damage(
      "DELETE FROM outbox; UPDATE meta SET value = 9999999999999 WHERE name = 'outbox_forgotten_until'");
  const auto report = audited_->audit();
  EXPECT_TRUE(report.is_clean()) << report.text();
}

TEST_P(Audit, shows_the_first_findings_and_counts_the_rest) {
  commit(*audited_->open(), sound_rows());
  std::string many;
  for (int i = 100; i < 150; ++i) {
    many += "INSERT INTO wallets VALUES (" + std::to_string(i) + ", x'" + std::string(29, '0') +
            std::to_string(i) + "', 1, 0);";
  }
  audited_->damage(many);
  const auto report = audited_->audit();
  EXPECT_EQ(check_of(report, "find_wallets_out_of_balance").count, 50);
  EXPECT_THAT(report.text(), HasSubstr("and 30 more"));
}

TEST_P(Audit, refuses_what_is_no_store) { EXPECT_THROW(audited_->audit(), StoreUnusable); }

struct Damage {
  const char* check;
  const char* statements;
  const char* finding;
};

const Damage kDamages[] = {
    {"constraints", "DELETE FROM wallets WHERE id = 3001", "of postings refers to a row of wallets"},
    {"constraints", "UPDATE wallets SET seq = -1 WHERE id = 3001", "CHECK constraint failed in wallets"},
    {"catalogue", R"(UPDATE events SET queue_policy = '{"admission": "sideways"}')", "sideways"},
    {"catalogue", "DELETE FROM seats WHERE id = 105", "seats of date 1"},

    {"find_seats_taken_twice",
     "DROP INDEX reservations_taking_seat; UPDATE reservations SET seat_id = 101 WHERE id = 1002",
     "seat 101 is taken by reservations 1001, 1002"},
    {"find_reservations_astray", "UPDATE reservations SET seat_id = 999 WHERE id = 1003",
     "reservation 1003 names seat 999"},
    {"find_reservations_astray", "UPDATE reservations SET date_id = 2 WHERE id = 1003", "reservation 1003"},
    {"find_reservations_astray", "UPDATE reservations SET event_id = 2 WHERE id = 1003", "of event 2"},
    {"find_blocked_seats_taken", "INSERT INTO seat_blocks VALUES (101)",
     "seat 101 is blocked and taken by reservation 1001"},
    {"find_blocked_seats_taken", "INSERT INTO seat_blocks VALUES (102)", "reservation 1002"},
    {"find_fans_over_limit", "UPDATE events SET sale_policy = json_set(sale_policy, '$.seats_per_user', 0)",
     "1 seats, reservations 1002; 0 are allowed"},
    {"find_dates_without_their_seats", "UPDATE dates SET seat_count = 11 WHERE id = 2",
     "date 2 has 10 seats"},
    {"find_dates_without_their_seats", "UPDATE seats SET id = 500 WHERE id = 210",
     "date 2 has 10 seats from 201 to 500"},
    {"find_seats_alike", "UPDATE seats SET number = 1 WHERE id = 102", "number 1 twice: seats 101, 102"},
    {"find_seats_alike", "UPDATE seats SET category = 2 WHERE id = 102",
     "seat 102 has section 0 and category 2"},
    {"find_seats_alike", "UPDATE seats SET section = 9 WHERE id = 102", "seat 102 has section 9"},

    {"find_reservations_out_of_time", "UPDATE reservations SET updated_at = expires_at - 1 WHERE id = 1005",
     "reservation 1005 was lapsed"},
    {"find_reservations_out_of_time", "UPDATE reservations SET expires_at = paid_at WHERE id = 1001",
     "reservation 1001 was paid"},
    {"find_reservations_out_of_time", "UPDATE reservations SET created_at = updated_at + 1 WHERE id = 1003",
     "reservation 1003 was made"},
    {"find_reservations_out_of_time", "UPDATE meta SET value = value - 1 WHERE name = 'latest_moment'",
     "reservation 1005 was made"},
    {"find_reservations_out_of_time", "UPDATE reservations SET paid_at = updated_at + 1 WHERE id = 1001",
     "reservation 1001 was made"},
    {"find_holds_without_visit", "DELETE FROM visits WHERE place = 2", "visit is not there"},
    {"find_holds_without_visit", "UPDATE visits SET expires_at = expires_at - 1 WHERE place = 2",
     "reservation 1002 is held"},
    {"find_holds_without_visit", "UPDATE reservations SET place = 1 WHERE id = 1002", "another user's"},

    {"find_postings_between_wrong_accounts", "UPDATE postings SET debit_account = -1 WHERE id = 4001",
     "posting 4001 (type 0)"},
    {"find_postings_between_wrong_accounts", "UPDATE postings SET credit_account = -2 WHERE id = 4002",
     "posting 4002 (type 1)"},
    {"find_postings_between_wrong_accounts", "UPDATE postings SET credit_account = 3001 WHERE id = 4005",
     "posting 4005 (type 2)"},
    {"find_postings_between_wrong_accounts", "UPDATE postings SET amount = 0 WHERE id = 4001",
     "posting 4001"},
    {"find_wallets_out_of_balance", "UPDATE wallets SET balance = balance + 1 WHERE id = 3001",
     "wallet 3001 has 110001; its postings sum to 110000"},
    {"find_wallets_out_of_balance", "UPDATE postings SET balance_after = 7 WHERE id = 4002",
     "the newest left 7"},
    {"find_wallets_out_of_balance",
     "UPDATE wallets SET balance = -1 WHERE id = 3001; UPDATE postings SET amount = 200001, balance_after = "
     "-1 WHERE id = 4002",
     "wallet 3001 has -1"},
    {"find_histories_with_gaps", "DELETE FROM postings WHERE id = 4003",
     "wallet 3002 is at 3; it has 2 postings, numbered 2 to 3"},
    {"find_histories_with_gaps", "DELETE FROM postings WHERE id = 4004",
     "wallet 3002 is at 3; it has 2 postings, numbered 1 to 3"},
    {"find_histories_with_gaps", "UPDATE wallets SET seq = 4 WHERE id = 3002", "wallet 3002 is at 4"},
    {"find_histories_that_do_not_add_up", "UPDATE postings SET balance_after = 1 WHERE id = 4004",
     "posting 4004 of wallet 3002 leaves 1; the one before left 90000"},
    {"find_postings_astray", "UPDATE postings SET reservation_id = NULL WHERE id = 4002",
     "names reservation none"},
    {"find_postings_astray", "UPDATE postings SET reservation_id = 77 WHERE id = 4002",
     "names reservation 77"},
    {"find_postings_astray", "UPDATE postings SET reservation_id = 1001 WHERE id = 4001", "posting 4001"},
    {"find_postings_astray", "DELETE FROM wallets WHERE id = 3001", "posting 4001 of wallet 3001"},
    {"find_sales_without_money", "DELETE FROM postings WHERE id = 4002",
     "reservation 1001 (status 2, price 90000) has payment 2001 and 0 uses"},
    {"find_sales_without_money", "UPDATE postings SET amount = 89999 WHERE id = 4002",
     "uses of together 89999"},
    {"find_sales_without_money", "DELETE FROM payments WHERE id = 2001", "reservation 1001"},
    {"find_sales_without_money", "UPDATE reservations SET payment_id = NULL WHERE id = 1001",
     "has payment none"},
    {"find_sales_without_money", "UPDATE reservations SET paid_at = NULL WHERE id = 1001",
     "reservation 1001"},
    {"find_sales_without_money", "UPDATE reservations SET status = 0 WHERE id = 1001",
     "reservation 1001 (status 0"},
    {"find_sales_without_money", "UPDATE postings SET reservation_id = 1002 WHERE id = 4002",
     "reservation 1002 (status 0"},
    {"find_sales_without_money",
     "UPDATE payments SET user_id = x'00112233445566778899aabbccddeeff' WHERE id = 2001", "reservation 1001"},
    {"find_payments_of_wrong_total", "UPDATE payments SET total = total - 1 WHERE id = 2001",
     "payment 2001 is of 89999; its 1 reservations cost 90000"},
    {"find_payments_of_wrong_total",
     "INSERT INTO payments VALUES (2009, x'00112233445566778899aabbccddeeff', 0, 0)", "its 0 reservations"},
    {"find_refunds_without_money", "DELETE FROM postings WHERE id = 4005",
     "reservation 1004 (status 4, price 90000) has 0 refunds"},
    {"find_refunds_without_money", "UPDATE postings SET reservation_id = 1001 WHERE id = 4005",
     "reservation 1001 (status 2"},
    {"find_refunds_without_money", "UPDATE postings SET amount = 1 WHERE id = 4005", "refunds of together 1"},

    {"find_lines_with_gaps", "DELETE FROM line_places WHERE place = 3",
     "event 1 has 4 places, numbered 1 to 5"},
    {"find_lines_with_gaps", "DELETE FROM line_places WHERE place = 1", "numbered 2 to 5"},
    {"find_lines_with_gaps", "UPDATE line_places SET joined_at = joined_at - 100 WHERE place = 2",
     "place 2 joined"},
    {"find_users_with_two_places",
     "UPDATE line_places SET user_id = (SELECT user_id FROM line_places WHERE place = 2) WHERE place = 5",
     "took place 5 at 1700000002500, while place 2 was not over"},
    {"find_users_with_two_places", "DELETE FROM visits WHERE place = 1", "while place 1 was not over"},
    {"find_visits_astray", "DELETE FROM line_places WHERE place = 4", "has no place in the line"},
    {"find_visits_astray", "UPDATE visits SET user_id = x'00112233445566778899aabbccddeeff' WHERE place = 4",
     "not of the user who joined"},
    {"find_visits_astray", "UPDATE line_places SET left_at = 5 WHERE place = 4", "given up at 5"},
    {"find_visits_astray", "UPDATE visits SET activated_at = 5 WHERE place = 4",
     "is of a place that joined at"},
    {"find_visits_astray", "UPDATE visits SET expires_at = activated_at - 1 WHERE place = 4",
     "visit of place 4"},
    {"find_visits_astray",
     "UPDATE visits SET activated_at = 9999999999999, expires_at = 9999999999999 WHERE place = 4",
     "visit of place 4"},
    {"find_visits_over_capacity", "UPDATE visits SET expires_at = expires_at + 1 WHERE place = 1",
     "event 1: at 1700000002000, with place 4, 3 visits are active; 2 are allowed"},
    {"find_admissions_too_fast", "UPDATE visits SET activated_at = activated_at - 900 WHERE place = 4",
     "the visits of place 4 at 1700000001100 and of the 2th admitted before at 1700000000100 are within 1000 "
     "ms"},
    {"find_visits_too_long", "UPDATE visits SET expires_at = activated_at + 1800001 WHERE place = 4",
     "place 4 lasts 1800001 ms"},

    {"find_changes_without_event", "DELETE FROM outbox WHERE key = 'reservation/1002'",
     "reservation 1002 is at version 1"},
    {"find_changes_without_event", "DELETE FROM outbox WHERE key = 'reservation/1004' AND version = 2",
     "the outbox has 2 of its versions, the newest 3"},
    {"find_changes_without_event", "UPDATE reservations SET version = 2 WHERE id = 1002",
     "reservation 1002 is at version 2"},
    {"find_changes_without_event", "DELETE FROM outbox WHERE key = 'wallet/3001' AND version = 2",
     "posting 4002 of wallet 3001 (seq 2)"},
    {"find_ids_not_reserved", "UPDATE meta SET value = 4005 WHERE name = 'ids_reserved_to'",
     "posting 4005 is not below 4005"},
    {"find_answers_unfit", "UPDATE idempotent_answers SET body = '{'", "that is no JSON"},
    {"find_answers_unfit", "UPDATE idempotent_answers SET status = 409", "has status 409"},
    {"find_answers_unfit", "UPDATE idempotent_answers SET request_hash = x'00'", "1 bytes of hash"},
};

class AuditFinds : public testing::TestWithParam<std::tuple<AuditedKind, Damage>> {};
INSTANTIATE_TEST_SUITE_P(Damages, AuditFinds,
                         testing::Combine(testing::ValuesIn(audited_kinds()), testing::ValuesIn(kDamages)),
                         [](const auto& each) {
                           return std::string(std::get<Damage>(each.param).check) + "_" +
                                  std::get<AuditedKind>(each.param).name + "_" + std::to_string(each.index);
                         });

TEST_P(AuditFinds, planted_damage) {
  const auto& [kind, damage] = GetParam();
  const auto audited = kind.make();
  commit(*audited->open(), sound_rows());
  audited->damage(damage.statements);
  const auto report = audited->audit();
  EXPECT_THAT(check_of(report, damage.check).findings, Contains(HasSubstr(damage.finding)))
      << damage.statements << "\n"
      << report.text();
  EXPECT_FALSE(report.is_clean());
}

TEST_P(Audit, has_a_planted_damage_for_every_check) {
  std::set<std::string> planted;
  for (const auto& damage : kDamages) planted.insert(damage.check);
  audited_->open();
  for (const auto& check : audited_->audit().checks) EXPECT_THAT(planted, Contains(check.name));
}

}  // namespace
}  // namespace stagedoor::contract
