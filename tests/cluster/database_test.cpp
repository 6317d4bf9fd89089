// R-M1, R-P2: what docs/operations.md promises of losing the database itself: a replica takes over, whether
// it had everything or not; the replica is lost; the disk is full. Three real servers, a rush of fans, real
// PostgreSQL on both sides. STAGEDOOR_TEST_LONG=1: also a primary that falls silent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/describe/enum.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <cstdlib>
#include <thread>

#include "cluster/cluster.h"
#include "crash/rush.h"
#include "support/calls.h"
#include "support/catalogue.h"
#include "support/long_run.h"
#include "support/small_disk.h"
#include "support/test_seed.h"

namespace stagedoor::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using How = PostgresServer::How;

template <class Condition>
void await(const char* what, const Condition& is_so) {
  const auto until = std::chrono::steady_clock::now() + seconds(60);
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > until)
      throw std::runtime_error(std::string("waited in vain for ") + what);
    std::this_thread::sleep_for(milliseconds(10));
  }
}

// Three instances and fans who go on from begin() to pause().
class Sale {
 public:
  Sale() {
    Api api(cluster.urls()[0]);
    first = enter(api, user(1'000'000), 1);
    rush.emplace(60, free_seats(api, first, 1), test_seed(31));
  }
  ~Sale() { pause(); }

  void begin() {
    goes_on_ = true;
    fans_ = std::thread([this] { rush->run_through(cluster.urls(), [&] { return goes_on_.load(); }); });
  }
  void pause() {
    goes_on_ = false;
    if (fans_.joinable()) fans_.join();
  }
  // Until so many more have charged their wallets.
  void await_charges(int more) {
    const auto count = [&] { return std::stoi(cluster.ask("SELECT count(*) FROM postings WHERE type = 0")); };
    await("charges", [&, from = count()] { return count() >= from + more; });
  }
  bool is_ready(std::size_t instance) {
    return Api(cluster.urls()[instance]).send({.method = "GET", .target = "/readyz"}).status == 200;
  }
  // Until each has said no to whoever asks whether it can serve.
  void await_unready() {
    for (std::size_t i = 0; i < cluster.size(); ++i)
      await("an unready instance", [&] { return !is_ready(i); });
  }
  // Ends the sale: whatever was answered is so, and nobody saw anything strange.
  void expect_all_is_true() {
    pause();
    const Stored stored = cluster.stored();
    EXPECT_THAT(rush->broken_promises(stored), IsEmpty());
    EXPECT_THAT(rush->strange(), IsEmpty());
    EXPECT_LE(most_at_once(stored), 45);
    EXPECT_LE(most_begun_within(stored, 1000), 40);
    const CommandResult audit = cluster.audit();
    EXPECT_EQ(audit.exit_code, 0) << audit.out << audit.err;
  }

  Cluster cluster{
      hall(20'000,
           "admission: both, people: 40, every: 1s, capacity: 45, active_ttl: 2s, visit_max: 20s, "
           "presence_timeout: 20s, poll_min: 1s")};
  std::optional<Rush> rush;
  Visitor first;

 private:
  std::atomic<bool> goes_on_{false};
  std::thread fans_;
};

class Database : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = PostgresServer::missing()) GTEST_SKIP() << *why;
  }
};

// --- a replica ---

// From now on nothing is answered that the replica does not have.
void make_synchronous(const PostgresServer& primary) {
  primary.ask("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'");
  primary.ask("postgres", "SELECT pg_reload_conf()");
  await("a synchronous replica", [&] {
    return primary.ask("postgres", "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") ==
           "1";
  });
}

BOOST_DEFINE_ENUM_CLASS(Finds, by_its_name, in_the_list_of_hosts, in_the_list_where_the_first_is_silent)

class TakeOver : public Database, public testing::WithParamInterface<Finds> {};

TEST_P(TakeOver, of_a_synchronous_replica_loses_nothing_that_was_answered) {
  Sale sale;
  Cluster& cluster = sale.cluster;
  auto replica = PostgresServer::replica_of(cluster.postgres());
  make_synchronous(cluster.postgres());
  for (std::size_t i = 0; i < cluster.size() && GetParam() != Finds::by_its_name; ++i) {
    const int replica_port = replica->port();
    const bool is_silent = GetParam() == Finds::in_the_list_where_the_first_is_silent;
    cluster.server(i).set("store.url", fmt::format("postgres://stagedoor@127.0.0.1:{},127.0.0.1:{}/sale",
                                                   is_silent ? cluster.proxy(i).port() : replica_port,
                                                   is_silent ? replica_port : cluster.postgres().port()));
    cluster.server(i).restart();
  }
  sale.begin();
  sale.await_charges(30);

  for (std::size_t i = 0; i < cluster.size(); ++i)
    if (GetParam() == Finds::in_the_list_where_the_first_is_silent) cluster.proxy(i).pause();
  cluster.postgres().stop(How::immediate);
  sale.await_unready();
  replica->promote();
  cluster.take_over(std::move(replica));
  cluster.wait_until_ready();
  sale.await_charges(30);
  sale.expect_all_is_true();
  for (std::size_t i = 0; i < cluster.size(); ++i)
    EXPECT_THAT(cluster.server(i).log(), Not(HasSubstr("fatal")));
}

// Silence is for the long run: it waits for the time-outs of the network.
std::vector<Finds> ways() {
  std::vector<Finds> all = {Finds::by_its_name, Finds::in_the_list_of_hosts};
  if (is_long()) all.push_back(Finds::in_the_list_where_the_first_is_silent);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Instances, TakeOver, testing::ValuesIn(ways()), [](const auto& one) {
  return std::string(boost::describe::enum_to_string(one.param, "?"));
});

// A replica that lagged takes over: nobody sells by a memory of what is no more.
TEST_F(Database, instances_that_are_ahead_of_the_new_primary_exit) {
  Sale sale;
  Cluster& cluster = sale.cluster;
  auto replica = PostgresServer::replica_of(cluster.postgres());
  sale.begin();
  sale.await_charges(30);
  sale.pause();
  const std::string written = cluster.postgres().ask("postgres", "SELECT pg_current_wal_lsn()");
  await("the replica", [&] {
    return replica->ask("postgres",
                        fmt::format("SELECT pg_last_wal_replay_lsn() >= '{}'::pg_lsn", written)) == "t";
  });
  const Rush received = *sale.rush;
  replica->ask("postgres", "ALTER SYSTEM SET primary_conninfo = ''");
  replica->ask("postgres", "SELECT pg_reload_conf()");
  await("the end of the replication", [&] {
    return cluster.postgres().ask("postgres", "SELECT count(*) FROM pg_stat_replication") == "0";
  });
  sale.begin();
  sale.await_charges(30);
  sale.pause();

  cluster.postgres().stop(How::immediate);
  replica->promote();
  cluster.take_over(std::move(replica));
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    EXPECT_NE(cluster.server(i).wait_for_end(), 0);
    EXPECT_THAT(cluster.server(i).log(), HasSubstr("a replica that was behind took over; start it again"));
    cluster.server(i).start();
  }
  cluster.wait_until_ready();
  const Stored stored = cluster.stored();
  EXPECT_THAT(received.broken_promises(stored), IsEmpty());
  EXPECT_THAT(sale.rush->broken_promises(stored), Not(IsEmpty())) << "nothing was lost: this shows nothing";
  EXPECT_EQ(cluster.audit().exit_code, 0);

  Api api(cluster.urls()[1]);
  const Visitor late = enter(api, user(2'000'000), 1);
  const auto seats = free_seats(api, late, 1);
  ASSERT_TRUE(api.send(charge(late, 110'000)).ok());
  const ApiReply held = api.send(hold(late, seats.front()));
  ASSERT_EQ(held.status, 201) << held.body;
  EXPECT_TRUE(api.send(pay(late, number(held.data(), "id"))).ok());
  EXPECT_EQ(cluster.audit().exit_code, 0);
}

// Without its only synchronous replica PostgreSQL lets no commit return.
TEST_F(Database, a_lost_synchronous_replica_stops_the_sale_until_it_is_removed) {
  Sale sale;
  Cluster& cluster = sale.cluster;
  auto replica = PostgresServer::replica_of(cluster.postgres());
  make_synchronous(cluster.postgres());
  sale.begin();
  sale.await_charges(30);
  replica->stop(How::immediate);
  await("a commit that waits", [&] {
    return cluster.ask("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") == "1";
  });
  // The one that commits does not know what comes of it; the others go on answering reads.
  await("an unready instance", [&] { return !sale.is_ready(0) || !sale.is_ready(1) || !sale.is_ready(2); });
  EXPECT_TRUE(sale.is_ready(0) || sale.is_ready(1) || sale.is_ready(2));
  cluster.ask("ALTER SYSTEM RESET synchronous_standby_names");
  cluster.ask("SELECT pg_reload_conf()");
  cluster.wait_until_ready();
  sale.await_charges(30);
  sale.expect_all_is_true();
}

// --- a full disk ---

class FullDisk : public Database {
 protected:
  void SetUp() override {
    Database::SetUp();
    if (IsSkipped()) return;
    if (const auto why = SmallDisk::missing()) GTEST_SKIP() << *why;
  }
  static constexpr std::uintmax_t kMegabyte = 1 << 20;
};

TEST_F(FullDisk, of_the_tables_refuses_changes_and_lets_reads_go_on) {
  Sale sale;
  Cluster& cluster = sale.cluster;
  cluster.postgres().stop(How::fast);
  SmallDisk disk(cluster.postgres().folder() / "data/base", 64 * kMegabyte);
  cluster.postgres().start();
  cluster.wait_until_ready();
  sale.begin();
  sale.await_charges(30);
  disk.fill();
  await("a full disk", [&] { return cluster.postgres().log().find("No space left") != std::string::npos; });
  sale.pause();

  Api api(cluster.urls()[1]);
  std::uint64_t newcomer = 3'000'000;
  await("a refused change", [&] {
    const ApiReply joined = api.send(join(user(++newcomer), 1));
    EXPECT_TRUE(joined.ok() || joined.code() == "STORE_UNAVAILABLE") << joined.body;
    return joined.status == 503;
  });
  EXPECT_EQ(api.send(queue_status(sale.first.token)).status, 200);
  EXPECT_EQ(api.send(get_balance(sale.first)).status, 200);
  EXPECT_EQ(api.send(list_events()).status, 200);
  EXPECT_TRUE(sale.is_ready(1));
  disk.make_room();
  sale.begin();
  sale.await_charges(30);
  sale.expect_all_is_true();
}

class FullDiskOfTheLog : public FullDisk, public testing::WithParamInterface<const char*> {};

TEST_P(FullDiskOfTheLog, stops_the_database_which_recovers_when_there_is_room) {
  Sale sale;
  Cluster& cluster = sale.cluster;
  PostgresServer& postgres = cluster.postgres();
  postgres.stop(How::fast);
  SmallDisk disk(postgres.folder() / GetParam(), 64 * kMegabyte);
  postgres.start();
  cluster.wait_until_ready();
  sale.begin();
  sale.await_charges(30);
  disk.fill();
  const auto use_up_the_log = [&] {
    for (;;) postgres.ask("postgres", "SELECT pg_switch_wal()");
  };
  EXPECT_THROW(use_up_the_log(), std::runtime_error);
  await("the database's end", [&] { return postgres.has_ended(); });
  sale.await_unready();
  disk.make_room();
  postgres.start();
  cluster.wait_until_ready();
  sale.await_charges(30);
  sale.expect_all_is_true();
}

// Its own; in the long run also one disk for everything.
std::vector<const char*> disks() {
  if (is_long()) return {"data/pg_wal", "data"};
  return {"data/pg_wal"};
}
INSTANTIATE_TEST_SUITE_P(PostgreSQL, FullDiskOfTheLog, testing::ValuesIn(disks()));

}  // namespace
}  // namespace stagedoor::test
