// What is read of one event's room to judge it (R-Q17).
#include <gmock/gmock.h>

#include "adapters/postgres/postgres_store.h"
#include "adapters/postgres/room_rows.h"
#include "adapters/sqlite/room_rows.h"
#include "adapters/sqlite/sqlite_store.h"
#include "sample.h"
#include "store_under_test.h"

namespace stagedoor::contract {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::SizeIs;

LogRow import_row(std::int64_t id, std::string detail) {
  LogRow row = log_row(id);
  row.event = {};
  row.detail = std::move(detail);
  return row;
}

using Read = std::function<std::optional<RoomRecord>(EventId)>;

void write_and_read(Store& store, const Read& read) {
  Batch batch;
  batch.catalogue = sample_catalogue();
  Event other = batch.catalogue.events.front();
  other.id = EventId{2};
  batch.catalogue.events.push_back(other);
  put(batch, place(1, user(1), at(10)));
  put(batch, place(2, user(2), at(20)));
  put(batch, visit(2, user(2), at(30), at(40)));
  LinePlace elsewhere = place(1, user(1));
  elsewhere.event = other.id;
  put(batch, elsewhere);
  const Draw draw{.event = kEvent,
                  .seed = std::string(32, 's'),
                  .opens_at = at(25),
                  .drawn_at = at(26),
                  .people = 2,
                  .digest = std::string(32, 'd')};
  batch.draws.put(kEvent, draw, nullptr);
  batch.priority.push_back({kEvent, user(2), at(5)});
  batch.priority.push_back({other.id, user(1), at(5)});
  batch.absences.push_back({kEvent, 0, std::string(512, '\x01')});
  LogRow of_other = log_row(2);
  of_other.event = other.id;
  batch.log = {log_row(1), of_other,
               import_row(4, R"({"changed":["event 2 B: name","event 1 A: queue.people"]})"),
               import_row(6, R"({"changed":["event 11 C: name"]})")};
  commit(store, batch);

  const auto room = read(kEvent);
  ASSERT_TRUE(room.has_value());
  EXPECT_EQ(room->event.id, kEvent);
  EXPECT_THAT(room->rows.places,
              ElementsAre(Field(&LinePlace::user, user(1)), Field(&LinePlace::user, user(2))));
  ASSERT_THAT(room->rows.visits, SizeIs(1));
  EXPECT_EQ(room->rows.visits[0].activated_at, at(30));
  ASSERT_THAT(room->rows.absences, SizeIs(1));
  EXPECT_EQ(room->rows.absences[0].bits, std::string(512, '\x01'));
  EXPECT_THAT(room->rows.priority, ElementsAre(Field(&PriorityUser::user, user(2))));
  ASSERT_TRUE(room->rows.draw.has_value());
  EXPECT_EQ(room->rows.draw->drawn_at, at(26));
  EXPECT_THAT(room->log, ElementsAre(Field(&LogRow::id, LogId{1}), Field(&LogRow::id, LogId{4})))
      << "and an import of several events that names this one";
  EXPECT_FALSE(read(EventId{9}).has_value());
}

TEST(RoomRecord, is_that_of_the_event_alone_also_while_a_server_runs) {
  const Folder folder;
  const std::string path = folder.file("store.db");
  sqlite::SqliteStore store({.path = path});
  write_and_read(store, [&](EventId event) { return sqlite::read_room_sqlite(path, event); });
  EXPECT_THROW(sqlite::read_room_sqlite(folder.file("none.db"), kEvent), StoreUnusable);
}

TEST(RoomRecord, of_postgres_is_that_of_the_event_alone_also_while_a_server_runs) {
  if (const auto why = test::PostgresServer::missing()) GTEST_SKIP() << *why;
  const FreshDatabase database;
  postgres::PostgresStore store({.url = database.url()});
  write_and_read(store, [&](EventId event) { return postgres::read_room_postgres(database.url(), event); });
  const FreshDatabase empty(FreshDatabase::With::nothing);
  EXPECT_THROW(postgres::read_room_postgres(empty.url(), kEvent), StoreUnusable);
}

}  // namespace
}  // namespace stagedoor::contract
