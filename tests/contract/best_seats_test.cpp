// R-S13 on every store: the same calls find the same seats, also where the store is read again after a start.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "store_under_test.h"
#include "support/catalogue.h"
#include "support/world.h"

namespace stagedoor::contract {
namespace {

using namespace test;

const TimePoint kOpen = *parse_rfc3339("2030-01-01T00:00:00Z");

// What fans are answered who hold, give back and let lapse, with a restart in between.
std::vector<std::string> answers_of(const std::function<StorePorts()>& ports,
                                    const std::function<void()>& reopen) {
  std::string yaml = club_night("admission: capacity, capacity: 100, active_ttl: 5m, poll_min: 0s",
                                "seats_per_user: 12, hold_ttl: 5s, rehold_cooldown: 2s");
  yaml.replace(yaml.find("{seats: 50, category: Standard}"), 31,
               "{sections: [{name: A, rows: 4, seats_per_row: 9, category: Standard}]}");
  ManualClock clock(kOpen);
  auto world = std::make_unique<World>(ports(), clock);
  world->import(yaml);
  const std::int64_t first = world->read_model().catalogue()->date({1})->first_seat.value;
  std::vector<Visitor> fans;
  for (std::uint64_t n = 1; n <= 4; ++n) fans.push_back(world->enter(n));
  std::vector<std::string> answers;
  std::vector<std::pair<std::size_t, std::int64_t>> held;
  std::mt19937 random(1);
  for (int i = 0; i < 60; ++i) {
    const std::size_t fan = random() % fans.size();
    if (i == 30) {
      world.reset();
      reopen();
      world = std::make_unique<World>(ports(), clock);
    }
    if (random() % 4 == 0) clock.advance(Millis(700));
    if (random() % 4 == 0 && !held.empty()) {
      const auto [owner, id] = held[random() % held.size()];
      answers.push_back(fmt::format("cancel {}", world->call(cancel(fans[owner], id)).code()));
      continue;
    }
    const ApiReply reply = world->call(hold_best(fans[fan], 1, 1 + int(random() % 4)));
    std::string& answer = answers.emplace_back(reply.ok() ? "seats" : reply.code());
    if (!reply.ok()) continue;
    for (const auto& row : reply.data().at("reservations").as_array()) {
      answer += fmt::format(" {}", number(row, "seatId") - first);
      held.emplace_back(fan, number(row, "id"));
    }
  }
  return answers;
}

class BestSeatsOnEveryStore : public EveryStore {};

TEST_P(BestSeatsOnEveryStore, are_those_of_the_store_in_memory) {
  const auto memory = memory_store();
  EXPECT_EQ(answers_of([&] { return ports(); }, [&] { reopen(); }),
            answers_of([&] { return memory->ports(); }, [&] { memory->reopen(); }));
}

INSTANTIATE_ON_EVERY_STORE(BestSeatsOnEveryStore);

}  // namespace
}  // namespace stagedoor::contract
