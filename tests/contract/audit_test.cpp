// The audit (R-O3): a sound store is clean, and every kind of damage is found, by its check, with its ids.
#include <gmock/gmock.h>

#include <set>

#include "audited_columns.h"
#include "audited_store.h"

namespace stagedoor::contract {
namespace {

using testing::Contains;
using testing::HasSubstr;

class Audit : public testing::TestWithParam<AuditedKind> {
 protected:
  const std::unique_ptr<Audited> audited_ = GetParam().make();
};
INSTANTIATE_TEST_SUITE_P(Stores, Audit, testing::ValuesIn(audited_kinds()),
                         [](const auto& kind) { return kind.param.name; });

TEST_P(Audit, finds_nothing_in_a_sound_store) {
  audited_->fill();
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
  audited_->fill();
  const std::string stricter =
      "UPDATE events SET queue_policy = json_set(json_set(json_set(queue_policy, '$.people', 1), "
      "'$.capacity', 1), "
      "'$.visit_max', 1), sale_policy = json_set(sale_policy, '$.seats_per_user', 0)";
  const std::vector<std::string> checks = {"find_admissions_too_fast", "find_visits_over_capacity",
                                           "find_visits_too_long", "find_fans_over_limit"};
  audited_->damage(stricter);
  auto report = audited_->audit();
  for (const auto& name : checks) EXPECT_GT(check_of(report, name).count, 0) << name;
  audited_->damage("UPDATE events SET updated_at = (SELECT value FROM meta WHERE name = 'latest_moment')");
  report = audited_->audit();
  for (const auto& name : checks) EXPECT_EQ(check_of(report, name).count, 0) << report.text();
}

// As when it changes hands in the millisecond of its payment (I-26).
TEST_P(Audit, lets_a_sale_and_its_events_be_one_millisecond_ahead) {
  audited_->fill();
  const auto ahead = [](int ms) {
    const std::string moment =
        " = (SELECT value FROM meta WHERE name = 'latest_moment') + " + std::to_string(ms) + " WHERE ";
    return "UPDATE reservations SET updated_at" + moment + "id = 1001; UPDATE outbox SET created_at" +
           moment + "key = 'reservation/1001'";
  };
  audited_->damage(ahead(1));
  EXPECT_TRUE(audited_->audit().is_clean()) << audited_->audit().text();
  audited_->damage(ahead(2));
  const auto report = audited_->audit();
  for (const char* name : {"find_moments_ahead", "find_reservations_out_of_time"})
    EXPECT_GT(check_of(report, name).count, 0) << report.text();
}

TEST_P(Audit, misses_no_event_that_may_have_been_forgotten) {
  audited_->fill();
  audited_->damage(
      "DELETE FROM outbox; UPDATE meta SET value = (SELECT value + 1 FROM meta WHERE name = 'latest_moment') "
      "WHERE name = 'outbox_forgotten_until'");
  const auto report = audited_->audit();
  EXPECT_TRUE(report.is_clean()) << report.text();
}

TEST_P(Audit, shows_the_first_findings_and_counts_the_rest) {
  audited_->fill();
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
     "UPDATE line_places SET user_id = (SELECT user_id FROM line_places WHERE place = 2 AND event_id = 1) "
     "WHERE "
     "place = 5 AND event_id = 1",
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
    {"find_changes_without_event", "DELETE FROM outbox WHERE key = 'queue/1'", "queue/1 is at version 1"},
    {"find_events_of_nothing", "UPDATE key_versions SET version = 1 WHERE key = 'event/1'",
     "(event/1, version 2, stagedoor.event.policy_changed.v1)"},
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
  audited->fill();
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
  for (const auto& column : audited_columns()) planted.insert(column.check);
  audited_->open();
  for (const auto& check : audited_->audit().checks) EXPECT_THAT(planted, Contains(check.name));
}

}  // namespace
}  // namespace stagedoor::contract
