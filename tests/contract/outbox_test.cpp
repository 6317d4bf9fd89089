// The outbox as a relay reads it: commit order, progress of the sinks, and what leaves.
#include <gmock/gmock.h>

#include <future>
#include <thread>

#include "sample.h"
#include "store_under_test.h"

namespace stagedoor::contract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class OutboxOfStore : public EveryStore {
 protected:
  OutboxOfStore() { open_sample(store()); }

  void write(std::int64_t first, std::int64_t last, TimePoint when = at(0)) {
    Batch batch;
    for (std::int64_t id = first; id <= last; ++id)
      batch.outbox.push_back(outbox(id, "reservation/" + std::to_string(id), 1, when));
    commit(store(), batch);
  }
  std::vector<std::int64_t> ids(std::int64_t after, std::size_t limit = 100) {
    std::vector<std::int64_t> ids;
    for (const auto& row : open_outbox()->pending({after}, limit)) ids.push_back(row.id.value);
    return ids;
  }
};
INSTANTIATE_ON_EVERY_STORE(OutboxOfStore);

TEST_P(OutboxOfStore, gives_rows_in_commit_order_after_the_one_before) {
  EXPECT_THAT(ids(0), IsEmpty());
  write(5001, 5003);
  write(5007, 5008);
  EXPECT_THAT(ids(0), ElementsAre(5001, 5002, 5003, 5007, 5008));
  EXPECT_THAT(ids(5002, 2), ElementsAre(5003, 5007));
  EXPECT_THAT(ids(5008), IsEmpty());
}

TEST_P(OutboxOfStore, gives_a_row_as_it_was_written) {
  Batch batch;
  OutboxRow row = outbox(5001, "wallet/3", 7, at(12));
  row.type = "stagedoor.wallet.charged.v1";
  row.payload = R"({"userId":"\"한\""})";
  batch.outbox.push_back(row);
  commit(store(), batch);
  const auto found = open_outbox()->pending({}, 1).at(0);
  EXPECT_EQ(found.id, row.id);
  EXPECT_EQ(found.key, row.key);
  EXPECT_EQ(found.version, row.version);
  EXPECT_EQ(found.type, row.type);
  EXPECT_EQ(found.payload, row.payload);
  EXPECT_EQ(found.created_at, row.created_at);
}

TEST_P(OutboxOfStore, a_sink_that_never_accepted_anything_stands_at_0) {
  EXPECT_EQ(open_outbox()->progress("out"), OutboxId{});
}

// The fence (R-E1): whoever comes late finds that the progress has moved.
TEST_P(OutboxOfStore, moves_a_sink_only_from_where_it_is_expected) {
  const auto one = open_outbox();
  const auto late = open_outbox();
  EXPECT_FALSE(one->advance("out", {4}, {5})) << "it stands at 0";
  EXPECT_EQ(one->progress("out"), OutboxId{});
  EXPECT_TRUE(one->advance("out", {}, {5}));
  EXPECT_FALSE(late->advance("out", {}, {7}));
  EXPECT_FALSE(late->advance("out", {4}, {7}));
  EXPECT_EQ(late->progress("out"), OutboxId{5});
  EXPECT_TRUE(late->advance("out", {5}, {7}));
  EXPECT_EQ(one->progress("out"), OutboxId{7});
}

TEST_P(OutboxOfStore, keeps_sinks_apart) {
  const auto all = open_outbox();
  EXPECT_TRUE(all->advance("out", {}, {5}));
  EXPECT_EQ(all->progress("crm"), OutboxId{});
  EXPECT_TRUE(all->advance("crm", {}, {3}));
  EXPECT_EQ(all->progress("out"), OutboxId{5});
}

TEST_P(OutboxOfStore, remembers_progress_when_it_is_opened_again) {
  EXPECT_TRUE(open_outbox()->advance("out", {}, {5}));
  reopen();
  EXPECT_EQ(open_outbox()->progress("out"), OutboxId{5});
}

TEST_P(OutboxOfStore, rows_that_every_sink_accepted_leave_in_chunks_and_others_stay) {
  write(5001, 5005);
  EXPECT_EQ(retention().forget({.outbox_accepted = {5003}}, 2).rows, 2u);
  EXPECT_THAT(ids(0), ElementsAre(5003, 5004, 5005));
  EXPECT_EQ(retention().forget({.outbox_accepted = {5003}}, 2).rows, 1u);
  EXPECT_EQ(retention().forget({.outbox_accepted = {5003}}, 2).rows, 0u);
  EXPECT_THAT(ids(0), ElementsAre(5004, 5005));
}

ParkedEvent parked(std::int64_t id, std::string key, TimePoint next_at = at(0)) {
  OutboxRow row = outbox(id, std::move(key), 7, at(12));
  row.payload = R"({"userId":"\"한\""})";
  return {.event = std::move(row),
          .attempts = 3,
          .parked_at = at(20),
          .next_at = next_at,
          .reason = "it answered with status 500"};
}

std::vector<std::int64_t> ids_of(const std::vector<ParkedEvent>& rows) {
  std::vector<std::int64_t> ids;
  for (const auto& row : rows) ids.push_back(row.event.id.value);
  return ids;
}

// R-E2
TEST_P(OutboxOfStore, keeps_a_parked_event_and_a_dead_letter_as_they_were_written) {
  const ParkedEvent written = parked(5001, "wallet/3", at(30));
  EXPECT_TRUE(open_outbox()->park("crm", {}, {5001}, {.park = {written}, .bury = {written}}));
  reopen();
  const auto sinks = open_outbox();
  EXPECT_EQ(sinks->progress("crm"), OutboxId{5001});
  for (const auto& found :
       {sinks->due("crm", at(30), 5).at(0), sinks->dead_letters("crm", {6000}, 5).at(0)}) {
    EXPECT_EQ(found.event.id, written.event.id);
    EXPECT_EQ(found.event.key, written.event.key);
    EXPECT_EQ(found.event.version, written.event.version);
    EXPECT_EQ(found.event.type, written.event.type);
    EXPECT_EQ(found.event.payload, written.event.payload);
    EXPECT_EQ(found.event.created_at, written.event.created_at);
    EXPECT_EQ(found.attempts, written.attempts);
    EXPECT_EQ(found.parked_at, written.parked_at);
    EXPECT_EQ(found.next_at, written.next_at);
    EXPECT_EQ(found.reason, written.reason);
  }
}

TEST_P(OutboxOfStore, gives_the_oldest_parked_event_of_each_key_when_it_is_due) {
  const auto sinks = open_outbox();
  EXPECT_TRUE(sinks->park("crm", {}, {9},
                          {.park = {parked(1, "a", at(30)), parked(2, "b", at(10)), parked(3, "a", at(0)),
                                    parked(4, "c", at(20)), parked(5, "b", at(0))}}));
  EXPECT_TRUE(sinks->park("out", {}, {9}, {.park = {parked(6, "d", at(0))}}));
  EXPECT_THAT(ids_of(sinks->due("crm", at(9), 10)), IsEmpty());
  EXPECT_THAT(ids_of(sinks->due("crm", at(20), 10)), ElementsAre(2, 4));
  EXPECT_THAT(ids_of(sinks->due("crm", at(30), 2)), ElementsAre(1, 2));
  EXPECT_THAT(sinks->parked_keys("crm"),
              ElementsAre(testing::Pair("a", 2u), testing::Pair("b", 2u), testing::Pair("c", 1u)));
  EXPECT_TRUE(sinks->park("crm", {9}, {9}, {.park = {parked(1, "a", at(90))}, .unpark = {{2}}}));
  EXPECT_THAT(ids_of(sinks->due("crm", at(30), 10)), ElementsAre(4, 5)) << "the row of 1 is written over";
}

// The fence: what a relay parks that comes late is not written.
TEST_P(OutboxOfStore, parks_only_with_the_move_that_is_expected) {
  const auto sinks = open_outbox();
  EXPECT_TRUE(sinks->park("crm", {}, {5}, {.park = {parked(5, "a")}, .bury = {parked(4, "b")}}));
  EXPECT_FALSE(sinks->park(
      "crm", {4}, {7}, {.park = {parked(7, "c")}, .unpark = {{5}}, .bury = {parked(6, "d")}, .drop = {{4}}}));
  EXPECT_EQ(sinks->progress("crm"), OutboxId{5});
  EXPECT_THAT(ids_of(sinks->due("crm", at(0), 10)), ElementsAre(5));
  EXPECT_THAT(ids_of(sinks->dead_letters("crm", {100}, 10)), ElementsAre(4));
  EXPECT_TRUE(sinks->park("crm", {5}, {5}, {.drop = {{4}}}));
  EXPECT_THAT(ids_of(sinks->dead_letters("crm", {100}, 10)), IsEmpty());
}

TEST_P(OutboxOfStore, gives_dead_letters_newest_first_below_an_id) {
  const auto sinks = open_outbox();
  EXPECT_TRUE(sinks->park("crm", {}, {9}, {.bury = {parked(2, "a"), parked(7, "b"), parked(5, "c")}}));
  EXPECT_TRUE(sinks->park("out", {}, {9}, {.bury = {parked(6, "a")}}));
  EXPECT_THAT(ids_of(sinks->dead_letters("crm", {100}, 2)), ElementsAre(7, 5));
  EXPECT_THAT(ids_of(sinks->dead_letters("crm", {5}, 2)), ElementsAre(2));
}

TEST_P(OutboxOfStore, says_what_waits_for_a_sink) {
  const auto sinks = open_outbox();
  EXPECT_EQ(sinks->backlog("crm", {}).behind, 0u);
  EXPECT_EQ(sinks->backlog("crm", {}).oldest, std::nullopt);
  EXPECT_EQ(sinks->backlog("crm", {}).first, OutboxId{});
  write(5001, 5002, at(10));
  write(5003, 5004, at(20));
  EXPECT_TRUE(sinks->park("crm", {}, {5002}, {.bury = {parked(5001, "a")}}));
  const SinkBacklog backlog = sinks->backlog("crm", {5002});
  EXPECT_EQ(backlog.behind, 2u);
  EXPECT_EQ(backlog.oldest, at(20));
  EXPECT_EQ(backlog.first, OutboxId{5001});
  EXPECT_EQ(backlog.dead_letters, 1u);
}

// R-E1: events.drop_after.
TEST_P(OutboxOfStore, counts_the_rows_that_leave_by_age_although_a_sink_has_not_accepted_them) {
  write(5001, 5003, at(10));
  write(5004, 5005, at(30));
  const Forgotten gone = retention().forget({.outbox_before = at(20), .outbox_accepted = {5001}}, 10);
  EXPECT_EQ(gone.rows, 3u);
  EXPECT_EQ(gone.dropped_events, 2u);
  EXPECT_THAT(ids(0), ElementsAre(5004, 5005));
}

// R-E3
TEST_P(OutboxOfStore, has_an_id_that_stays) {
  const std::string id = open_outbox()->store_id();
  EXPECT_TRUE(parse_uuid(id)) << id;
  reopen();
  EXPECT_EQ(open_outbox()->store_id(), id);
}

TEST(OutboxOfSqlite, has_an_id_that_no_other_store_has) {
  const std::string id = sqlite_store()->outbox()->store_id();
  EXPECT_NE(id, sqlite_store()->outbox()->store_id());
  EXPECT_EQ(id[14], '4') << "a random UUID: " << id;
  EXPECT_THAT("89ab", testing::HasSubstr(id.substr(19, 1)));
}

// The thread that delivers may come at any moment of a transaction of the lane. Neither makes the other fail.
TEST_P(OutboxOfStore, a_sink_moves_while_a_batch_is_decided) {
  const auto transaction = store().begin();
  View view;
  transaction->load({.wallets = {user(1)}}, view);  // the transaction begins with a read
  const auto sinks = open_outbox();
  auto is_moved = std::async(std::launch::async, [&] { return sinks->advance("out", {}, {5}); });
  is_moved.wait_for(std::chrono::milliseconds(50));  // in time, unless it waits for the transaction
  Batch batch;
  batch.outbox.push_back(outbox(5001, "wallet/1", 1));
  transaction->apply(batch);
  transaction->commit();
  EXPECT_TRUE(is_moved.get());
  EXPECT_THAT(ids(0), ElementsAre(5001));
  EXPECT_EQ(open_outbox()->progress("out"), OutboxId{5});
}

class OutboxOfPostgres : public testing::Test {
 protected:
  void SetUp() override {
    if (test::PostgresServer::missing()) GTEST_SKIP() << "PostgreSQL is not installed";
    store_ = postgres_store();
  }
  std::unique_ptr<StoreUnderTest> store_;
};

TEST_F(OutboxOfPostgres, one_of_several_relays_has_the_lease_of_a_sink) {
  auto one = store_->outbox();
  const auto two = store_->outbox();
  EXPECT_TRUE(one->claim("out"));
  EXPECT_TRUE(one->claim("out"));
  EXPECT_FALSE(two->claim("out"));
  EXPECT_TRUE(two->claim("crm"));
  one.reset();
  while (!two->claim("out")) std::this_thread::yield();  // the server notices the end of the connection
}

}  // namespace
}  // namespace stagedoor::contract
