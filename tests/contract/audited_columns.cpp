#include "audited_columns.h"

namespace stagedoor::contract {
namespace {

const std::string kNobody = "x'00112233445566778899aabbccddeeff'";
const std::string kFarAhead = "9999999999999";  // the year 2286
const std::string kAllBits = "x'" + std::string(1024, 'f') + "'";
const std::string kWrongHash = "x'" + std::string(64, '1') + "'";
const std::string kInTheLog = "what it is about is in the log, which the audit does not read yet";
const std::string kOnlyHere = "nothing else in the store says it: ";

AuditedColumn free_column(std::string column, std::string why) {
  return {std::move(column), "", std::move(why)};
}
AuditedTable free_rows(std::string table, std::string why) { return {std::move(table), "", std::move(why)}; }

// The check of the store's schema, which refuses the store before any other check.
const std::string kSchema = "schema";

std::vector<AuditedColumn> catalogue_columns() {
  std::vector<AuditedColumn> columns = {
      {"layouts.name", "seats_in_order", "'x'", "name = 'hall'", "layout hall"},
      {"layouts.definition", "catalogue", "'{}'"},

      {"events.id", "constraints", "id + 100", "TRUE", "events"},
      {"events.name", "policies", "''"},
      free_column("events.performer", kOnlyHere + "it is shown, and nothing is decided by it"),
      free_column("events.venue", kOnlyHere + "it is shown, and nothing is decided by it"),
      {"events.on_sale_from", "find_windows_reversed", "on_sale_until"},
      {"events.on_sale_until", "find_windows_reversed", "on_sale_from"},
      {"events.queue_policy", "catalogue", R"('{"order":"sideways"}')"},
      free_column("events.closed", kOnlyHere + "operators set it at any time"),
      free_column("events.paused", kOnlyHere + "operators set it at any time"),
      {"events.created_at", "find_windows_reversed", "updated_at + 1"},
      {"events.updated_at", "find_windows_reversed", "created_at - 1"},
      {"events.updated_at", "find_moments_ahead", kFarAhead},

      free_column("events.time_zone", kOnlyHere + "it is shown, and a day is meant in it"),
      free_column("events.imported", "what an import said last; only the next import reads it"),
      free_column("events.hidden", kOnlyHere + "an import shows it with its last command"),
      free_column("events.paused_since", kOnlyHere + "it is told to those who wait"),
      free_column("events.paused_text", kOnlyHere + "it is told to those who wait"),
      free_column("imports.digest", "a text that was imported; only a start compares it"),
      free_column("imports.log_id", "only the order of imports"),

      {"dates.id", "constraints", "id + 100", "TRUE", "dates"},
      {"dates.event_id", "constraints", "77", "TRUE", "events"},
      free_column("dates.starts_at", kOnlyHere + "operators may move it"),
      {"dates.booking_from", "find_windows_reversed", "booking_until"},
      {"dates.booking_until", "find_windows_reversed", "booking_from"},
      {"dates.layout", "seats_in_order", "'x'"},
      {"dates.first_seat", "find_dates_without_their_seats", "first_seat + 50"},
      {"dates.seat_count", "find_dates_without_their_seats", "seat_count + 1"},
      {"dates.created_at", "find_windows_reversed", "updated_at + 1"},
      {"dates.updated_at", "find_windows_reversed", "created_at - 1"},
      {"dates.updated_at", "find_moments_ahead", kFarAhead},
      {"dates.deleted_at", "find_windows_reversed", "created_at - 1"},
      {"dates.deleted_at", "find_deleted_dates_taken", "updated_at", "id = 1"},

      free_column("dates.imported", "what an import said last; only the next import reads it"),
      free_column("dates.hidden", kOnlyHere + "an import shows it with its last command"),

      {"date_cancellations.date_id", "constraints", "77", "TRUE", "dates"},
      free_column("date_cancellations.reason", kOnlyHere + "fans are told it"),
      {"date_cancellations.operator_name", "constraints", "''", "TRUE", "date_cancellations"},
      {"date_cancellations.begun_at", "find_cancellations_astray", "begun_at + 1", "TRUE", "date 2"},
      {"date_cancellations.finished_at", "find_cancellations_astray", "begun_at", "TRUE", "date 2"},
      {"date_cancellations.carry_to_id", "find_cancellations_astray", "date_id", "TRUE", "date 2"},
      {"date_cancellations.seats_done", "find_cancellations_astray", "seats_done + 5", "TRUE", "date 2"},
      {"date_cancellations.seats_done", "find_deleted_dates_taken", "seats_done + 3", "TRUE",
       "reservation 1008"},
      {"date_cancellations.refunded", "find_cancellations_astray", "refunded + 1", "TRUE", "date 2"},
      {"date_cancellations.refunded_amount", "find_cancellations_astray", "refunded_amount + 1", "TRUE",
       "date 2"},
      {"date_cancellations.carried", "find_cancellations_astray", "carried + 1", "TRUE", "date 2"},
      {"date_cancellations.carried_amount", "find_cancellations_astray", "carried_amount + 1", "TRUE",
       "date 2"},

      {"sections.date_id", "constraints", "77", "TRUE", "dates"},
      {"sections.position", "find_seats_alike", "position + 7", "TRUE", "section"},
      {"sections.name", "seats_in_order", "'Stalls'", "name = 'Balcony'", "named Stalls"},

      {"categories.id", "find_ids_not_reserved", "999999", "TRUE", "category 999999"},
      {"categories.date_id", "constraints", "77", "TRUE", "dates"},
      {"categories.position", "find_seats_alike", "position + 7", "TRUE", "category"},
      {"categories.name", "seats_in_order", "'VIP'", "name = 'Regular'", "named VIP"},
      {"categories.price", "constraints", "-1", "TRUE",
       "categories"},  // any other price may be set at any time

      {"seats.id", "find_dates_without_their_seats", "id + 500", "TRUE", "date"},
      {"seats.date_id", "find_dates_without_their_seats", "3 - date_id", "TRUE", "date"},
      {"seats.number", "seats_in_order", "number + 1"},
      {"seats.section", "seats_in_order", "1 - section"},
      {"seats.section", "find_seats_alike", "9"},
      {"seats.row", "seats_in_order", "row + 1"},
      {"seats.number_in_row", "seats_in_order", "number_in_row + 1"},
      {"seats.category", "seats_in_order", "1 - category", "number % 5 <> 1"},
      {"seats.category", "find_seats_alike", "9"},
      {"seat_blocks.seat_id", "constraints", "999999", "TRUE", "seats"},
  };
  for (const char* wrong :
       {"people -5", "every 0", "every 3600001", "capacity 0", "places_max 0", "active_ttl 0", "visit_max 1",
        "presence_timeout 0", "return_share 7", "priority_share -1", "poll_min -1", "poll_max 0"}) {
    const std::string text = wrong, name = text.substr(0, text.find(' ')),
                      value = text.substr(name.size() + 1);
    columns.push_back({"events.queue_policy", "policies",
                       "json_set(queue_policy, '$." + name + "', " + value + ")", "TRUE", text});
  }
  for (const char* wrong : {"seats_per_user 0", "hold_ttl 0", "rehold_cooldown -1"}) {
    const std::string text = wrong, name = text.substr(0, text.find(' ')),
                      value = text.substr(name.size() + 1);
    columns.push_back({"events.sale_policy", "policies",
                       "json_set(sale_policy, '$." + name + "', " + value + ")", "TRUE", text});
  }
  return columns;
}

std::vector<AuditedColumn> money_columns() {
  return {
      {"wallets.id", "constraints", "id + 50", "TRUE", "wallets"},
      {"wallets.user_id", "find_rows_unlike_their_events", kNobody},
      {"wallets.balance", "find_wallets_out_of_balance", "balance + 1"},
      {"wallets.seq", "find_histories_with_gaps", "seq + 1"},

      {"postings.wallet_id", "constraints", "77", "TRUE", "wallets"},
      {"postings.wallet_id", "find_money_of_others", "3001", "type = 2", "posting 4005 refunds"},
      {"postings.seq", "find_histories_with_gaps", "seq + 7", "TRUE", "wallet"},
      {"postings.id", "find_ids_not_reserved", "999999", "TRUE", "posting 999999"},
      {"postings.id", "find_histories_out_of_order", "4001", "seq = 2", "posting 4001"},
      {"postings.type", "find_postings_between_wrong_accounts", "(type + 1) % 3", "TRUE", "posting"},
      {"postings.amount", "find_histories_that_do_not_add_up", "amount + 1", "TRUE", "posting"},
      {"postings.balance_after", "find_histories_that_do_not_add_up", "balance_after + 1", "TRUE", "posting"},
      {"postings.debit_account", "find_postings_between_wrong_accounts", "debit_account - 7", "TRUE",
       "posting"},
      {"postings.credit_account", "find_postings_between_wrong_accounts", "credit_account - 7", "TRUE",
       "posting"},
      {"postings.reservation_id", "find_postings_astray", "CASE WHEN reservation_id IS NULL THEN 1001 END",
       "TRUE", "posting"},
      {"postings.created_at", "find_rows_unlike_their_events", "created_at + 1", "TRUE", "posting"},
      {"postings.created_at", "find_money_of_others", "created_at + 1", "type <> 0", "posting"},
      {"postings.created_at", "find_histories_out_of_order", "0", "seq > 1", "posting"},

      {"payments.id", "constraints", "id + 50", "TRUE", "payments"},
      {"payments.user_id", "find_reservations_of_others", kNobody},
      {"payments.total", "find_payments_of_wrong_total", "total + 1"},
      {"payments.created_at", "find_money_of_others", "created_at + 1"},
  };
}

std::vector<AuditedColumn> reservation_columns() {
  return {
      {"reservations.id", "find_events_of_nothing", "id + 50"},
      {"reservations.seat_id", "find_rows_unlike_their_events", "109"},
      {"reservations.date_id", "find_reservations_astray", "3 - date_id"},
      {"reservations.event_id", "find_reservations_astray", "2"},
      {"reservations.user_id", "find_reservations_of_others", kNobody, "id <> 1006"},
      {"reservations.user_id", "find_reassignments_astray", kNobody, "id = 1006"},
      {"reservations.user_id", "find_rows_unlike_their_events", kNobody},
      {"reservations.place", "find_reservations_of_others", "77"},
      {"reservations.status", "find_rows_unlike_their_events", "CASE status WHEN 0 THEN 1 ELSE 0 END"},
      {"reservations.reason", "find_rows_unlike_their_events", "(reason + 1) % 4"},
      {"reservations.price", "find_rows_unlike_their_events", "price + 1"},
      {"reservations.expires_at", "find_rows_unlike_their_events", "expires_at + 1"},
      {"reservations.created_at", "find_reservations_out_of_time", "updated_at + 1"},
      {"reservations.updated_at", "find_rows_unlike_their_events", "updated_at - 1"},
      {"reservations.payment_id", "find_sales_without_money", "CASE WHEN payment_id IS NULL THEN 2001 END"},
      {"reservations.paid_at", "find_sales_without_money", "CASE WHEN paid_at IS NULL THEN updated_at END"},
      {"reservations.version", "find_changes_without_event", "version + 1"},

      {"reassignments.reservation_id", "find_reassignments_astray", "77", "TRUE", "reservation 77"},
      {"reassignments.version", "find_reassignments_astray", "version + 1", "TRUE", "reservation 1006"},
      {"reassignments.from_user_id", "find_reservations_of_others", kNobody, "TRUE", "reservation 1006"},
      {"reassignments.to_user_id", "find_reassignments_astray", kNobody, "TRUE", "reservation 1006"},
      {"reassignments.operator_name", "constraints", "''", "TRUE", "reassignments"},
      {"reassignments.reassigned_at", "find_reassignments_astray", "reassigned_at + 1", "TRUE",
       "reservation 1006"},
      {"ticket_uses.reservation_id", "constraints", "77", "TRUE", "reservations"},
      {"ticket_uses.ticket", "find_tickets_astray", "ticket + 7", "TRUE", "1001"},
      {"ticket_uses.date_id", "find_tickets_astray", "2"},
      {"ticket_uses.version", "find_changes_without_event", "version + 1", "TRUE", "use of ticket"},
      {"ticket_uses.live", "find_tickets_astray", "live + 1"},
      {"ticket_uses.scans", "find_tickets_astray", "''"},
      {"ticket_uses.updated_at", "find_moments_ahead", kFarAhead, "TRUE", "1001"},
  };
}

std::vector<AuditedColumn> room_columns() {
  return {
      {"line_places.event_id", "find_rooms_of_nothing", "77", "TRUE", "event 77"},
      {"line_places.place", "find_lines_with_gaps", "place + 50", "TRUE", "places"},
      {"line_places.user_id", "find_visits_astray", kNobody, "event_id = 1 AND place IN (1, 2, 4)"},
      {"line_places.user_id", "find_draws_astray", kNobody, "event_id = 2 AND place <= 20", "event 2"},
      {"line_places.joined_at", "find_lines_with_gaps", "joined_at - 100000", "place > 1"},
      {"line_places.joined_at", "find_draws_astray", "joined_at + 1", "event_id = 2 AND place <= 20",
       "event 2"},
      {"line_places.joined_at", "find_moments_ahead", kFarAhead},
      {"line_places.left_at", "find_lines_with_gaps", "joined_at - 1"},
      {"line_places.left_at", "find_moments_ahead", kFarAhead},

      {"visits.event_id", "find_rooms_of_nothing", "77", "TRUE", "event 77"},
      {"visits.place", "find_visits_astray", "place + 50", "TRUE", "has no place"},
      {"visits.user_id", "find_visits_astray", kNobody},
      {"visits.activated_at", "find_visits_astray", "5"},
      {"visits.expires_at", "find_visits_astray", "activated_at - 1"},

      {"line_absences.event_id", "find_rooms_of_nothing", "77", "TRUE", "event 77"},
      {"line_absences.block", "find_absences_astray", "block + 1", "TRUE", "event 2"},
      {"line_absences.bits", "find_absences_astray", kAllBits, "TRUE", "event 2"},

      {"draws.event_id", "constraints", "77", "TRUE", "events"},
      {"draws.event_id", "find_draws_astray", "77", "TRUE", "event 2 is missing"},
      free_column("draws.algorithm", "what the published commitment covers; fans compare it"),
      free_column("draws.moves", kOnlyHere + "what was published of moved openings"),
      {"visits.ended_by", "constraints", "7", "TRUE", "visits"},
      {"line_places.left_by", "constraints", "7", "TRUE", "line_places"},
      free_column("priority_users.taken_back_at", kOnlyHere + "operators take it back when they like"),
      {"draws.seed", "find_draws_astray", kWrongHash},
      {"draws.opens_at", "find_draws_astray", "opens_at + 1000"},
      {"draws.opens_at", "find_draws_astray", "opens_at - 800"},
      {"draws.committed_at", "find_draws_astray", "opens_at + 1"},
      {"draws.committed_at", "find_moments_ahead", kFarAhead},
      {"draws.beacon_source", "find_draws_astray", "'x'"},
      {"draws.beacon", "find_draws_astray", "'x'"},
      {"draws.drawn_at", "find_draws_astray", "opens_at - 1"},
      {"draws.drawn_at", "find_draws_astray", "NULL"},
      {"draws.drawn_at", "find_moments_ahead", kFarAhead},
      {"draws.people", "find_draws_astray", "people + 1"},
      {"draws.people", "find_draws_astray", "4000000000"},
      {"draws.digest", "find_draws_astray", kWrongHash},

      {"priority_users.event_id", "constraints", "77", "TRUE", "events"},
      free_column("priority_users.user_id", kOnlyHere + "operators name whom they like"),
      {"priority_users.granted_at", "find_moments_ahead", kFarAhead, "TRUE", "event 1"},
  };
}

std::vector<AuditedColumn> other_columns() {
  return {
      {"meta.name", "find_marks_astray", "'x'",
       "name IN ('ids_reserved_to', 'latest_moment', 'outbox_forgotten_until', 'schema_needed')"},
      {"meta.name", "find_log_rows_missing", "'x'", "name = 'log_rows'", "operator_log"},
      {"meta.value", "find_ids_not_reserved", "1", "name = 'ids_reserved_to'", "is not below 1"},
      {"meta.value", "find_marks_astray", "9007199254740993", "name = 'ids_reserved_to'"},
      {"meta.value", "find_reservations_out_of_time", "value - 1", "name = 'latest_moment'",
       "reservation 1005"},
      {"meta.value", "clock", kFarAhead, "name = 'latest_moment'"},
      {"meta.value", "find_marks_astray", kFarAhead, "name = 'outbox_forgotten_until'"},
      {"meta.value", "find_marks_astray", "9999", "name = 'schema_needed'"},
      {"meta.value", "find_log_rows_missing", "value + 1", "name = 'log_rows'", "operator_log"},

      free_column("idempotent_answers.id", "only the order in which answers are removed"),
      {"idempotent_answers.digest", "answer_digests", kNobody},
      {"idempotent_answers.user_id", "answer_digests", kNobody},
      {"idempotent_answers.key", "answer_digests", "'other'"},
      {"idempotent_answers.key", "find_answers_unfit", "''"},
      {"idempotent_answers.request_hash", "find_answers_unfit", "x'00'"},
      {"idempotent_answers.status", "find_answers_unfit", "409"},
      {"idempotent_answers.body", "find_answers_unfit", R"('{"success":false}')"},
      free_column("idempotent_answers.headers", kOnlyHere + "it goes back to the client as it was"),
      {"idempotent_answers.created_at", "find_moments_ahead", kFarAhead},

      {"outbox.id", "find_ids_not_reserved", "999999", "TRUE", "outbox row 999999"},
      {"outbox.key", "find_events_of_nothing", "'reservation/77'"},
      {"outbox.version", "find_events_of_nothing", "77"},
      {"outbox.type", "find_events_of_nothing", "'seat.held'"},
      {"outbox.payload", "find_events_of_nothing", "'{'"},
      {"outbox.payload", "find_rows_unlike_their_events", "'{}'",
       "key LIKE 'wallet/%' OR key LIKE 'payment/%' OR "
       "key LIKE 'reservation/%' AND id IN (SELECT max(id) FROM outbox GROUP BY key)"},
      {"outbox.created_at", "find_moments_ahead", kFarAhead},
      free_column("outbox.trace", kOnlyHere + "a client chose it, and nothing is decided by it"),

      {"key_versions.key", "find_events_of_nothing", "'event/77'"},
      {"key_versions.version", "find_changes_without_event", "version + 1"},
      {"key_versions.updated_at", "find_moments_ahead", kFarAhead},
      free_column("store.ticket_secret",
                  "serials come from it; gates and fans have those, the store does not"),
      free_column("store.id", kOnlyHere + "a random name, under which others know this store's events"),

      free_column("event_sinks.sink", "a name in events.sinks, which the settings choose"),
      {"event_sinks.accepted", "find_sinks_astray", "999999", "TRUE", "sink out"},

      free_column("parked_events.sink", "a name in events.sinks, which the settings choose"),
      {"parked_events.id", "find_parked_astray", "999999", "TRUE", "event 999999"},
      {"parked_events.key", "find_parked_astray", "'x'"},
      {"parked_events.version", "find_parked_astray", "0"},
      {"parked_events.type", "find_parked_astray", "'x'"},
      {"parked_events.payload", "find_parked_astray", "'{'"},
      {"parked_events.created_at", "find_parked_astray", kFarAhead},
      free_column("parked_events.trace", "as in the outbox"),
      free_column("parked_events.attempts", kOnlyHere + "it decides the next pause"),
      free_column("parked_events.parked_at", kOnlyHere + "it decides when the event is given up"),
      free_column("parked_events.next_at", kOnlyHere + "the pause has a random part"),
      free_column("parked_events.reason", "only for people"),
      free_column("dead_letters.sink", "a name in events.sinks, which the settings choose"),
      {"dead_letters.id", "find_parked_astray", "999999", "TRUE", "event 999999"},
      {"dead_letters.key", "find_parked_astray", "'x'"},
      {"dead_letters.version", "find_parked_astray", "0"},
      {"dead_letters.type", "find_parked_astray", "'x'"},
      {"dead_letters.payload", "find_parked_astray", "'{'"},
      {"dead_letters.created_at", "find_parked_astray", kFarAhead},
      free_column("dead_letters.trace", "as in the outbox"),
      free_column("dead_letters.attempts", "only for people"),
      free_column("dead_letters.parked_at", "only for people"),
      free_column("dead_letters.died_at", "only for people"),
      free_column("dead_letters.reason", "only for people"),

      {"operator_log.id", "find_ids_not_reserved", "999999", "TRUE", "log row 999999"},
      {"operator_log.created_at", "find_moments_ahead", kFarAhead},
      {"operator_log.operator_name", "find_log_broken", "''"},
      {"operator_log.action", "find_log_broken", "''"},
      {"operator_log.event_id", "find_log_broken", "77"},
      {"operator_log.detail", "find_log_broken", "'{'"},

      free_column("revocations.user_id", kOnlyHere + "operators name whom they like"),
      free_column("revocations.not_before", kOnlyHere + "operators name any moment"),

      free_column("line_sources.id", "the constraint says which one"),
      free_column("line_sources.url", kOnlyHere + "the settings name it"),
      free_column("line_sources.since", kOnlyHere + "a time for people"),
      free_column("line_marks.event_id", kInTheLog),
      free_column("line_marks.epoch", kInTheLog),
      free_column("line_marks.log_high", kInTheLog),
      free_column("line_marks.log_low", kInTheLog),
      free_column("line_marks.random_id", kInTheLog),
      free_column("line_marks.last_place", kInTheLog),
      free_column("line_marks.kept_place", kInTheLog),
      free_column("line_marks.joined_at", kInTheLog),
      free_column("line_passed_over.event_id", kInTheLog),
      free_column("line_passed_over.epoch", kInTheLog),
      free_column("line_passed_over.log_high", kInTheLog),
      free_column("line_passed_over.log_low", kInTheLog),
      free_column("line_passed_over.reason", kInTheLog),
      free_column("line_leaves.event_id", kInTheLog),
      free_column("line_leaves.place", kInTheLog),
      free_column("line_leaves.left_at", kInTheLog),
      free_column("line_leaves.left_by", kInTheLog),

      {"migrations.number", kSchema, "number + 50"},
      free_column("migrations.name", "only for people; number and hash are compared"),
      {"migrations.hash", kSchema, "'other'"},
      free_column("migrations.applied_at", kOnlyHere + "a time for people, by the clock of that machine"),

      // Only in PostgreSQL.
      {"journal.seq", "journal", "seq + 7", "seq = 1", "batch 8"},
      free_column("journal.writer", "only the program that wrote the batch asks for it, once"),
      free_column("journal.created_at", "only the age at which the batch is removed"),
      free_column("journal.body", "a copy of the rows for the other instances, for ten minutes"),
      free_column("sink_leases.sink", "a lease, which ends with its session"),
      free_column("sink_leases.pid", "a lease, which ends with its session"),
      free_column("sink_leases.session_begin", "a lease, which ends with its session"),
  };
}

}  // namespace

const std::vector<AuditedColumn>& audited_columns() {
  static const std::vector<AuditedColumn> all = [] {
    std::vector<AuditedColumn> columns;
    for (const auto& part :
         {catalogue_columns(), money_columns(), reservation_columns(), room_columns(), other_columns()})
      columns.insert(columns.end(), part.begin(), part.end());
    return columns;
  }();
  return all;
}

const std::vector<AuditedTable>& audited_tables() {
  static const std::vector<AuditedTable> all = {
      {"meta", "find_marks_astray", "name <> 'log_rows'"},
      {"meta", "find_log_rows_missing", "name = 'log_rows'", "operator_log"},
      {"layouts", "seats_in_order", "name = 'hall'"},  // one that no date has is not missed
      {"events", "constraints", "TRUE", "events"},
      {"dates", "constraints", "TRUE", "dates"},
      {"sections", "find_seats_alike", "TRUE", "section"},
      {"categories", "find_seats_alike", "TRUE", "category"},
      {"seats", "find_dates_without_their_seats", "TRUE", "date"},
      free_rows("seat_blocks", kOnlyHere + "a seat without a row is not blocked"),
      {"wallets", "constraints", "TRUE", "wallets"},
      {"postings", "find_histories_with_gaps", "TRUE", "wallet"},
      {"payments", "constraints", "TRUE", "payments"},
      {"reservations", "find_events_of_nothing", "TRUE"},
      {"reassignments", "find_reservations_of_others", "TRUE", "reservation 1006"},
      // One that is done is not missed: its reservations have ended.
      {"date_cancellations", "find_deleted_dates_taken", "finished_at IS NULL", "reservation 1008"},
      // The last places are not missed if nobody who had one was let in.
      {"line_places", "find_lines_with_gaps", "(event_id, place) NOT IN (VALUES (1, 5), (2, 21))", "places"},
      // The visit of a user who held nothing is not missed.
      {"visits", "find_reservations_of_others", "event_id = 1"},
      free_rows("line_absences", kOnlyHere + "a place without a bit was always there"),
      {"draws", "find_draws_astray", "TRUE", "event 2 is missing"},
      free_rows("priority_users", kOnlyHere + "operators name whom they like"),
      {"ticket_uses", "find_events_of_nothing", "TRUE", "check-in"},
      free_rows("idempotent_answers", "they are removed after a day"),
      // The event of a reservation says what those of its tickets say, and programs before tickets write
      // none.
      {"outbox", "find_changes_without_event", "key NOT LIKE 'ticket/%'", "outbox"},
      {"key_versions", "find_events_of_nothing", "TRUE"},
      {"store", "find_marks_astray", "TRUE", "0 ids"},
      free_rows("event_sinks", "the relay begins again with the oldest event; consumers drop what they have"),
      free_rows("parked_events", kOnlyHere + "the progress is past them, and the receiver says nothing here"),
      free_rows("dead_letters", "operators drop them"),
      {"operator_log", "find_log_rows_missing", "TRUE", "operator_log"},
      free_rows("imports", "a start imports the file again, and changes nothing that it did before"),
      free_rows("revocations", kOnlyHere + "a user without a row is not revoked"),
      free_rows("line_sources", kOnlyHere + "a store without a row has its line itself"),
      free_rows("line_marks", kInTheLog),
      free_rows("line_passed_over", kInTheLog),
      free_rows("line_leaves", kInTheLog),
      {"migrations", kSchema, "TRUE"},
      {"journal", "journal", "seq = 1", "batch 2"},
      free_rows("sink_leases", "a lease, which ends with its session"),
  };
  return all;
}

}  // namespace stagedoor::contract
