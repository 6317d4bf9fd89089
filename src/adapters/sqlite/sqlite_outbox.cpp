#include "adapters/sqlite/sqlite_outbox.h"

#include "adapters/tables/rows.h"

namespace stagedoor::sqlite {

SqliteOutbox::SqliteOutbox(SqliteStore& store)
    : store_(store),
      database_(store.path(), OpenFor::reading),
      pending_(database_, sql::events::find_pending),
      find_sink_(database_, sql::events::find_sink),
      find_parked_keys_(database_, sql::events::find_parked_keys),
      find_due_(database_, sql::events::find_due),
      find_dead_letters_(database_, sql::events::find_dead_letters),
      find_backlog_(database_, sql::events::find_backlog) {
  database_.set_fatal_on_error();
}

std::vector<OutboxRow> SqliteOutbox::pending(OutboxId after, std::size_t limit) {
  std::vector<OutboxRow> rows;
  pending_.each({{"$after", after.value}, {"$limit", limit}},
                [&](Columns& columns) { columns >> rows.emplace_back(); });
  return rows;
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

Outbox::ParkedKeys SqliteOutbox::parked_keys(std::string_view sink) {
  ParkedKeys keys;
  find_parked_keys_.each({{"$sink", sink}}, [&](Columns& columns) {
    std::string key;
    columns >> key;
    columns >> keys[key];
  });
  return keys;
}

std::vector<ParkedEvent> SqliteOutbox::due(std::string_view sink, TimePoint now, std::size_t limit) {
  std::vector<ParkedEvent> rows;
  find_due_.each({{"$sink", sink}, {"$now", now}, {"$limit", limit}},
                 [&](Columns& columns) { columns >> rows.emplace_back(); });
  return rows;
}

std::vector<ParkedEvent> SqliteOutbox::dead_letters(std::string_view sink, OutboxId before,
                                                    std::size_t limit) {
  std::vector<ParkedEvent> rows;
  find_dead_letters_.each({{"$sink", sink}, {"$before", before.value}, {"$limit", limit}},
                          [&](Columns& columns) { columns >> rows.emplace_back(); });
  return rows;
}

SinkBacklog SqliteOutbox::backlog(std::string_view sink, OutboxId accepted) {
  SinkBacklog found;
  find_backlog_.each({{"$sink", sink}, {"$accepted", accepted.value}, {"$limit", SinkBacklog::kBehindMax}},
                     [&](Columns& columns) {
                       columns >> found.behind >> found.oldest >> found.first >> found.dead_letters;
                     });
  return found;
}

}  // namespace stagedoor::sqlite
