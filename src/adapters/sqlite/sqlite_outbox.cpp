#include "adapters/sqlite/sqlite_outbox.h"

#include "adapters/tables/rows.h"

namespace stagedoor::sqlite {

SqliteOutbox::SqliteOutbox(SqliteStore& store)
    : store_(store),
      database_(store.path(), OpenFor::reading),
      pending_(database_, sql::events::find_pending),
      find_sink_(database_, sql::events::find_sink) {
  database_.set_fatal_on_error();
}

std::vector<OutboxRow> SqliteOutbox::pending(OutboxId after, std::size_t limit) {
  std::vector<OutboxRow> rows;
  pending_.each({{"$after", after.value}, {"$limit", limit}},
                [&](Columns& columns) { columns >> rows.emplace_back(); });
  return rows;
}

std::size_t SqliteOutbox::count_pending(OutboxId after, std::size_t limit) {
  std::int64_t count = 0;
  Statement(database_, sql::events::count_pending)
      .each({{"$after", after.value}, {"$limit", limit}}, [&](Columns& columns) { columns >> count; });
  return std::size_t(count);
}

std::string SqliteOutbox::store_id() {
  std::string id;
  Statement(database_, sql::events::find_store_id).each({}, [&](Columns& columns) { columns >> id; });
  return id;
}

OutboxId SqliteOutbox::progress(std::string_view sink) {
  OutboxId accepted;
  find_sink_.each({{"$sink", sink}}, [&](Columns& columns) { columns >> accepted; });
  return accepted;
}

}  // namespace stagedoor::sqlite
