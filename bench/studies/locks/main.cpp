// bench_locks: one way of guarding a value, one kind of work, one size; one JSON line. bench/studies/locks.py
// starts the servers.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <map>

#include <fmt/format.h>

#include "work.h"

namespace locks {
namespace {

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

std::unique_ptr<Way> make(const std::string& name, const Work& work, const Servers& servers) {
  for (const auto& made :
       {make_store_way, make_sqlite_way, make_redis_way, make_kafka_way, make_rabbitmq_way, make_lane_way})
    if (auto way = made(name, work, servers)) return way;
  return nullptr;
}

struct Verdict {
  std::int64_t expected = 0, found = 0, wrong = 0;
};

// Of money: every change counts once, and nobody spends what is not there. Of a seat or payment: one has it.
Verdict judge(const Work& work, const Tally& tally, Way& way, const std::vector<Tally::Answer>& answers) {
  const int granted = tally.count(Tally::Answer::granted);
  Verdict verdict;
  if (work.kind == Kind::seat) {
    verdict = {.expected = 1, .found = granted};
  } else if (work.kind == Kind::payment) {
    verdict = {.expected = work.money() - kPrice, .found = way.cell(kWallet).value};
    verdict.wrong =
        std::max<std::int64_t>(std::abs(verdict.expected - verdict.found) / kPrice, std::abs(granted - 1));
    return verdict;
  } else {
    verdict.expected = work.money();
    for (int i = 0; i < work.size; ++i)
      if (answers[static_cast<std::size_t>(i)] == Tally::Answer::granted)
        verdict.expected += work.task(i).amount;
    const Cell cell = way.cell(kWallet);
    verdict.found = cell.value;
    verdict.wrong = std::abs(granted - cell.seq);  // changes that another one has overwritten
    if (work.kind == Kind::paused)
      verdict.wrong = std::max<std::int64_t>(verdict.wrong, std::abs(granted - work.money()));
    if (verdict.wrong == 0 && verdict.expected != verdict.found) verdict.wrong = 1;
    return verdict;
  }
  verdict.wrong = std::abs(verdict.found - verdict.expected);
  return verdict;
}

int main_of(int count, char** words) {
  const std::map<std::string, Kind> kinds{
      {"wallet", Kind::wallet}, {"seat", Kind::seat}, {"payment", Kind::payment}, {"paused", Kind::paused}};
  std::string name, kind = "wallet";
  Work work;
  Servers servers;
  int ttl = 30'000;
  CLI::App app("One way of guarding a value, measured");
  app.add_option("--way", name)->required();
  app.add_option("--work", kind)->check(CLI::IsMember(kinds));
  app.add_option("--size", work.size)->required();
  app.add_option("--clients", work.clients);
  app.add_option("--lock-ttl", ttl, "milliseconds");
  app.add_option("--postgres", servers.postgres);
  app.add_option("--redis", servers.redis);
  app.add_option("--kafka", servers.kafka);
  app.add_option("--rabbitmq", servers.rabbitmq);
  app.add_option("--folder", servers.folder, "for databases in files");
  CLI11_PARSE(app, count, words);
  work.kind = kinds.at(kind);
  work.lock_ttl = std::chrono::milliseconds(ttl);
  const auto way = make(name, work, servers);
  if (!way) {
    std::cerr << "this build has no way " << name << "\n";
    return 3;
  }
  Tally tally(work.size);
  const double cpu_before = cpu_seconds();
  way->run(work, tally);
  const double cpu = cpu_seconds() - cpu_before;
  const Verdict verdict = judge(work, tally, *way, tally.answers());
  fmt::print(
      R"({{"way":"{}","work":"{}","size":{},"clients":{},"seconds":{:.6f},"p50Ms":{:.3f},"p99Ms":{:.3f},"retries":{},"fenced":{},)"
      R"("granted":{},"refused":{},"failed":{},"expected":{},"found":{},"wrong":{},"cpuSeconds":{:.3f}}})"
      "\n",
      name, kind, work.size, work.clients, tally.seconds(), tally.quantile_ms(0.5), tally.quantile_ms(0.99),
      tally.retries.load(), tally.fenced.load(), tally.count(Tally::Answer::granted),
      tally.count(Tally::Answer::refused), tally.count(Tally::Answer::failed), verdict.expected,
      verdict.found, verdict.wrong, cpu);
  return 0;
}

}  // namespace
}  // namespace locks

int main(int count, char** words) {
  try {
    return locks::main_of(count, words);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
