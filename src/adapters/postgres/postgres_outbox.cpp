#include "adapters/postgres/postgres_outbox.h"

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

std::size_t PostgresOutbox::count_pending(OutboxId after, std::size_t limit) {
  std::int64_t count = 0;
  auto& connection = open();
  connection.queue(sql::events::count_pending, {{"$after", after.value}, {"$limit", limit}},
                   [&](Columns& columns) { columns >> count; });
  connection.finish();
  return std::size_t(count);
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

}  // namespace stagedoor::postgres
