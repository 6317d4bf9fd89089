// R-M5: instances of this version go on, and come back, while a newer one changes the tables under them;
// where it changed them so that they cannot work on them, they end and say why. What the newer version does
// is done here by SQL; two real versions side by side: docs/releasing.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

#include "cluster/cluster.h"
#include "crash/rush.h"
#include "support/calls.h"
#include "support/catalogue.h"
#include "support/test_seed.h"

namespace stagedoor::test {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::IsEmpty;

// As a newer version's program does it: under the writers' lock, in one transaction. Something new in every
// table that may change, busy or not.
constexpr const char* kLaterAdds = R"(
  BEGIN;
  LOCK TABLE writers IN EXCLUSIVE MODE;
  INSERT INTO migrations (number, name, hash, applied_at) VALUES (9001, '9001-later', 'hash', 0);
  CREATE TABLE added_9001 (id BIGINT PRIMARY KEY, reservation_id BIGINT NOT NULL REFERENCES reservations (id));
  DO $$ DECLARE old TEXT; BEGIN
    FOR old IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('added_9001', 'meta', 'migrations') LOOP
      EXECUTE format('ALTER TABLE %I ADD COLUMN added TEXT', old);
    END LOOP; END $$;
  COMMIT)";
constexpr const char* kLaterIsNeeded = R"(
  BEGIN;
  LOCK TABLE writers IN EXCLUSIVE MODE;
  INSERT INTO migrations (number, name, hash, applied_at) VALUES (9002, '9002-breaks', 'hash', 0);
  UPDATE meta SET value = 9002 WHERE name = 'schema_needed';
  COMMIT)";

class Versions : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = PostgresServer::missing()) GTEST_SKIP() << *why;
  }
};

bool await_end(pid_t pid, milliseconds within) {
  const int process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  pollfd ended{process, POLLIN, 0};
  const bool has_ended = ::poll(&ended, 1, static_cast<int>(within.count())) == 1;
  ::close(process);
  return has_ended;
}

// Fans go on all the while, and each is owed what each was told, by whichever instance.
class Fans {
 public:
  explicit Fans(Cluster& cluster) : cluster_(cluster), rush_(60, seats_of(cluster), test_seed(31)) {}

  template <class What>
  void while_they_rush(const What& what) {
    const std::jthread fans([&](const std::stop_token& is_over) {
      rush_.run_through(cluster_.urls(), [&] { return !is_over.stop_requested(); });
    });
    what();
  }
  void expect_all_kept() {
    EXPECT_THAT(rush_.broken_promises(cluster_.stored()), IsEmpty());
    EXPECT_THAT(rush_.strange(), IsEmpty());
    const CommandResult audit = cluster_.audit();
    EXPECT_EQ(audit.exit_code, 0) << audit.out << audit.err;
  }
  // Until so many more reservations are stored than now.
  void await_more(std::int64_t holds) {
    const auto count = [&] { return std::stoll(cluster_.ask("SELECT count(*) FROM reservations")); };
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    for (const auto before = count(); count() < before + holds;) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << "sales stand still";
      std::this_thread::sleep_for(milliseconds(20));
    }
  }

 private:
  static std::vector<std::int64_t> seats_of(Cluster& cluster) {
    Api api(cluster.server(0).url());
    return free_seats(api, enter(api, user(1'000'000), 1), 1);
  }

  Cluster& cluster_;
  Rush rush_;
};

TEST_F(Versions, an_instance_works_and_comes_back_on_tables_to_which_a_newer_version_added) {
  Cluster cluster(hall(20'000, "admission: capacity, capacity: 1000000, active_ttl: 5m, poll_min: 0s"));
  Fans fans(cluster);
  fans.while_they_rush([&] {
    fans.await_more(50);
    cluster.ask(kLaterAdds);
    fans.await_more(50);
    cluster.server(1).kill9();  // has just served the older tables
    cluster.server(1).start();
    cluster.wait_until_ready();
    cluster.server(2).restart();
    cluster.wait_until_ready();
    fans.await_more(50);
  });
  fans.expect_all_kept();
  const CommandResult fairness = cluster.server(1).run({"fairness", "--event", "1"});
  EXPECT_EQ(fairness.exit_code, 0) << fairness.out << fairness.err;
  EXPECT_EQ(cluster.ask("SELECT count(*) FROM reservations WHERE added IS NOT NULL"), "0");
}

TEST_F(Versions, an_instance_ends_and_stays_away_when_a_newer_version_changed_the_tables) {
  Cluster cluster(club_night(), 2);
  Api first(cluster.server(0).url());
  const Visitor fan = enter(first, user(1), 1);
  ASSERT_TRUE(first.send(charge(fan, 1000)).ok());
  cluster.ask(kLaterIsNeeded);
  for (std::size_t i = 0; i < 2; ++i) {
    ServerProcess& server = cluster.server(i);
    ASSERT_TRUE(await_end(server.pid(), std::chrono::seconds(20))) << server.log();
    EXPECT_THAT(server.log(), HasSubstr("only programs that know its schema 9002 can work on it"));
    server.kill9();
  }
  for (const auto& command : {std::vector<std::string>{"serve"}, {"audit"}, {"fairness", "--event", "1"}}) {
    const CommandResult refused = cluster.server(0).run(command);
    EXPECT_EQ(refused.exit_code, command[0] == "serve" ? 1 : 2) << command[0];
    EXPECT_THAT(refused.out + refused.err, HasSubstr("run the newer version")) << command[0];
  }
  EXPECT_EQ(cluster.ask("SELECT balance FROM wallets"), "1000");
}

}  // namespace
}  // namespace stagedoor::test
