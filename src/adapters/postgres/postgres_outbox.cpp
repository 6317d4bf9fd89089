#include "adapters/postgres/postgres_outbox.h"

#include "adapters/tables/parked_rows.h"
#include "adapters/tables/rows.h"

namespace stagedoor::postgres {
Connection& PostgresOutbox::open() {
  if (connection_ && connection_->is_open()) return *connection_;
  claimed_.clear();
  connection_.emplace(options_);
  connection_->set_fatal_on_error();
  return *connection_;
}

bool PostgresOutbox::claim(std::string_view sink) {
  auto& connection = open();
  if (claimed_.contains(sink)) return true;
  bool is_ours = false;
  connection.queue(sql::events::claim_sink, {{"$sink", sink}}, [&](Columns&) { is_ours = true; });
  connection.finish();
  if (is_ours) claimed_.emplace(sink);
  return is_ours;
}

std::vector<OutboxRow> PostgresOutbox::pending(OutboxId after, std::size_t limit) {
  std::vector<OutboxRow> rows;
  auto& connection = open();
  connection.queue(sql::events::find_pending, {{"$after", after.value}, {"$limit", limit}},
                   [&](Columns& columns) { columns >> rows.emplace_back(); });
  connection.finish();
  return rows;
}

std::string PostgresOutbox::store_id() {
  std::string id;
  auto& connection = open();
  connection.queue(sql::events::find_store_id, {}, [&](Columns& columns) { columns >> id; });
  connection.finish();
  return id;
}

OutboxId PostgresOutbox::progress(std::string_view sink) {
  OutboxId accepted;
  auto& connection = open();
  connection.queue(sql::events::find_sink, {{"$sink", sink}}, [&](Columns& columns) { columns >> accepted; });
  connection.finish();
  return accepted;
}

bool PostgresOutbox::advance(std::string_view sink, OutboxId expected, OutboxId next) {
  bool is_moved = false;
  auto& connection = open();
  connection.queue(sql::events::advance_sink,
                   {{"$sink", sink}, {"$expected", expected.value}, {"$next", next.value}},
                   [&](Columns&) { is_moved = true; });
  connection.finish();
  return is_moved;
}

// A change of some rows and the move are one transaction.
bool PostgresOutbox::park(std::string_view sink, OutboxId expected, OutboxId next,
                          const ParkedChanges& changes) {
  auto& connection = open();
  bool is_moved = false;
  try {
    connection.queue("BEGIN");
    connection.queue(sql::events::advance_sink,
                     {{"$sink", sink}, {"$expected", expected.value}, {"$next", next.value}},
                     [&](Columns&) { is_moved = true; });
    connection.finish();
    const auto put = [&](const sql::Text& query, const std::vector<ParkedEvent>& rows) {
      for (const auto& row : rows) connection.queue(query, tables::parked_parameters<Param>(sink, row));
    };
    const auto remove = [&](const sql::Text& query, const std::vector<OutboxId>& ids) {
      for (const OutboxId id : ids) connection.queue(query, {{"$sink", sink}, {"$id", id}});
    };
    if (is_moved) {
      put(sql::events::put_parked, changes.park);
      remove(sql::events::delete_parked, changes.unpark);
      put(sql::events::put_dead_letter, changes.bury);
      remove(sql::events::delete_dead_letter, changes.drop);
    }
    connection.queue(is_moved ? "COMMIT" : "ROLLBACK");
    connection.finish();
  } catch (...) {
    connection.roll_back();
    throw;
  }
  return is_moved;
}

Outbox::ParkedKeys PostgresOutbox::parked_keys(std::string_view sink) {
  ParkedKeys keys;
  auto& connection = open();
  connection.queue(sql::events::find_parked_keys, {{"$sink", sink}}, [&](Columns& columns) {
    std::string key;
    columns >> key;
    columns >> keys[key];
  });
  connection.finish();
  return keys;
}

std::vector<ParkedEvent> PostgresOutbox::due(std::string_view sink, TimePoint now, std::size_t limit) {
  std::vector<ParkedEvent> rows;
  auto& connection = open();
  connection.queue(sql::events::find_due, {{"$sink", sink}, {"$now", now}, {"$limit", limit}},
                   [&](Columns& columns) { columns >> rows.emplace_back(); });
  connection.finish();
  return rows;
}

std::vector<ParkedEvent> PostgresOutbox::dead_letters(std::string_view sink, OutboxId before,
                                                      std::size_t limit) {
  std::vector<ParkedEvent> rows;
  auto& connection = open();
  connection.queue(sql::events::find_dead_letters,
                   {{"$sink", sink}, {"$before", before.value}, {"$limit", limit}},
                   [&](Columns& columns) { columns >> rows.emplace_back(); });
  connection.finish();
  return rows;
}

SinkBacklog PostgresOutbox::backlog(std::string_view sink, OutboxId accepted) {
  SinkBacklog found;
  auto& connection = open();
  connection.queue(sql::events::find_backlog,
                   {{"$sink", sink}, {"$accepted", accepted.value}, {"$limit", SinkBacklog::kBehindMax}},
                   [&](Columns& columns) {
                     columns >> found.behind >> found.oldest >> found.first >> found.dead_letters;
                   });
  connection.finish();
  return found;
}

}  // namespace stagedoor::postgres
