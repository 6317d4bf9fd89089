// One real server over SQLite is linearizable, also through its own death; what it answered would not be if
// one answer had been another. And the workload records what it was told as what it is.
#include "cluster/workload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include "cluster/linearizable.h"
#include "support/long_run.h"
#include "support/scripted_server.h"
#include "support/server_process.h"
#include "support/test_seed.h"

namespace stagedoor::test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

std::size_t count(const Workload& workload, std::string_view answer) {
  std::size_t sum = 0;
  for (const auto& [name, times] : workload.answers()) sum += name.find(answer) != name.npos ? times : 0;
  return sum;
}

// Calls, of which a payment is one although it is two operations.
std::size_t count(const History& history, const std::function<bool(const Operation&)>& is_it) {
  return std::size_t(std::ranges::count_if(history, [&](const Operation& one) {
    return one.kind != Kind::spend && one.kind != Kind::give_back && is_it(one);
  }));
}
bool is_unknown(const Operation& one) { return !one.told; }
bool is_refused(const Operation& one) { return one.told && one.told->outcome == Outcome::refused; }

bool was_told(const Operation& one, Kind kind, Outcome outcome) {
  return one.kind == kind && one.told && one.told->outcome == outcome;
}

TEST(Linearizable, one_server_is_and_would_not_be_with_one_answer_changed) {
  ServerProcess server({.catalogue = Workload::catalogue(100)});
  Workload workload({.urls = {server.url()}, .seed = 7});
  workload.run([&] { return workload.history().size() < 3500; });
  workload.look_at_everything();
  const History history = workload.history();
  ASSERT_THAT(find_violations(history), IsEmpty());
  for (const char* answer :
       {"hold: 201", "hold: 200", "hold: 409 SEAT_OCCUPIED", "cancel: 200", "cancel: 409", "pay: 200",
        "pay: 402 NOT_ENOUGH_BALANCE", "pay: 409 RESERVATION_ALREADY_PAID", "refund: 200",
        "refund: 409 WRONG_RESERVATION_STATUS", "look: 200", "charge: 200", "balance: 200"})
    EXPECT_GT(count(workload, answer), 5u) << answer;
  EXPECT_EQ(count(history, is_unknown) + count(history, is_refused), 0u);

  // All is quiet at the end and nothing is unknown: nothing else can explain the change.
  const auto catches = [&](const char* change, const std::function<bool(const Operation&)>& is_it,
                           const std::function<void(History&, std::size_t)>& make) {
    History changed = history;
    const auto at = std::find_if(changed.rbegin(), changed.rend(), is_it);
    ASSERT_NE(at, changed.rend()) << change;
    const Key key = at->key;
    make(changed, std::size_t(changed.rend() - at) - 1);
    const auto found = find_violations(changed);
    ASSERT_THAT(found, SizeIs(1)) << change;
    EXPECT_EQ(found[0].key, key) << change;
  };
  const auto is_charge = [](const Operation& one) { return was_told(one, Kind::charge, Outcome::done); };
  catches("another balance after a charge", is_charge,
          [](History& changed, std::size_t i) { --changed[i].told->balance; });
  catches("a charge that was refused and done", is_charge,
          [](History& changed, std::size_t i) { changed[i].told = Told{Outcome::refused}; });
  catches(
      "a payment without its deduction",
      [](const Operation& one) { return was_told(one, Kind::spend, Outcome::done); },
      [](History& changed, std::size_t i) { changed.erase(changed.begin() + std::ptrdiff_t(i)); });
  const auto is_taken = [](const Operation& one) {
    return was_told(one, Kind::look, Outcome::held) || was_told(one, Kind::look, Outcome::paid);
  };
  catches("a stale look", is_taken,
          [](History& changed, std::size_t i) { changed[i].told = Told{Outcome::over}; });
  catches("a seat given to two", is_taken, [](History& changed, std::size_t i) {
    Operation also = *std::ranges::find_if(changed, [&](const Operation& one) {
      return was_told(one, Kind::hold, Outcome::done) && one.told->id == changed[i].argument;
    });
    also.argument += 1'000;
    also.told->id += 1'000'000'000;
    changed.push_back(also);
  });
}

TEST(Linearizable, one_server_is_through_its_own_death) {
  ServerProcess server({.catalogue = Workload::catalogue(100)});
  const std::string url = server.url();
  server.set("http.listen", url.substr(std::string_view("http://").size()));
  Workload workload({.urls = {url}, .seed = test_seed(8)});
  const std::size_t kills_wanted = is_long() ? 100 : 5;
  std::size_t kills = 0;
  workload.run([&] {
    if (workload.history().size() > 400 * (kills + 1)) {
      ++kills;
      server.kill9();
      server.start();
    }
    return kills < kills_wanted;
  });
  workload.look_at_everything();
  EXPECT_THAT(find_violations(workload.history()), IsEmpty());
  EXPECT_GT(count(workload.history(), is_unknown), 20u);
}

// No answer, OUTCOME_UNKNOWN, a fault, a proxy's words: not known. STORE_UNAVAILABLE, OVERLOADED, nobody
// there: certainly not done.
TEST(Workload, records_what_it_was_told_as_what_it_is) {
  ServerProcess server({.catalogue = Workload::catalogue(100)});
  std::atomic<std::size_t> calls = 0;
  crowd::ScriptedServer ill([&](const auto&) -> std::string {
    switch (calls++ % 6) {
      case 0:
        return "";
      case 1:
        return crowd::answer(503, R"({"success":false,"code":"OUTCOME_UNKNOWN","message":""})");
      case 2:
        return crowd::answer(500, R"({"success":false,"code":"INTERNAL","message":""})");
      case 3:
        return crowd::answer(503, "<html>no server is available</html>");
      case 4:
        return crowd::answer(503, R"({"success":false,"code":"STORE_UNAVAILABLE","message":""})");
      default:
        return crowd::answer(503, R"({"success":false,"code":"OVERLOADED","message":""})");
    }
  });
  Workload workload({.urls = {server.url(), ill.url(), "http://127.0.0.1:1"}, .seed = 9});
  workload.run([&] { return workload.history().size() < 1000; });
  const History& history = workload.history();
  EXPECT_THAT(find_violations(history), IsEmpty());
  const std::size_t not_done = count(workload, "STORE_UNAVAILABLE") + count(workload, "OVERLOADED");
  const std::size_t nobody = count(workload, "Connection refused");
  EXPECT_GT(not_done, 50u);
  EXPECT_GT(nobody, 150u);
  EXPECT_EQ(count(history, is_refused), not_done + nobody);
  EXPECT_EQ(count(history, is_unknown), calls - not_done);
}

}  // namespace
}  // namespace stagedoor::test
