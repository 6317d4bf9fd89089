// The club night in a World over a store that can fail, and the first steps of its fans.
#pragma once

#include <memory>
#include <string_view>

#include "adapters/memory/memory_log.h"
#include "adapters/memory/memory_store.h"
#include "modules/queue/logged_line.h"
#include "support/catalogue.h"
#include "support/faulty_store.h"
#include "support/world.h"

namespace stagedoor::test {

inline const TimePoint kOpen = *parse_rfc3339("2030-01-01T00:00:00Z");
inline constexpr std::string_view kPolicy =
    "seats_per_user: 4, hold_ttl: 5m, rehold_cooldown: 1s, refund_until: 2096-01-01T00:00:00Z";

// Where the joins are.
enum class LineIn { store, log };

struct Scene {
  LineIn line;
  memory::MemoryStore memory;
  memory::MemoryLog log;
  FaultyStore store{ports()};
  ManualClock clock{kOpen};
  WorldOptions options{.journal = &store.journal, .random = &seeds_and_ids};
  std::unique_ptr<World> world;

  explicit Scene(std::string_view yaml =
                     club_night("admission: capacity, capacity: 100, active_ttl: 5m, poll_min: 0s", kPolicy),
                 LineIn where = LineIn::store)
      : line(where) {
    start();
    world->import(yaml);
  }
  StorePorts ports() {
    StorePorts all = memory.ports();
    if (line == LineIn::log) all.log = &log;
    return all;
  }
  // The first places, as a start reads them.
  std::vector<LinePlace> places(EventId event, std::size_t limit) {
    if (line == LineIn::store) return memory.read(event, 0, limit);
    return queue::LoggedLine(
               log, [&](const StartupRows& rows) { memory.read(rows); }, Millis(0))
        .read(event, 0, limit);
  }
  void start() {
    world.reset();
    world = std::make_unique<World>(store.ports(), clock, options);
  }
  std::int64_t seat(int number) const {
    return world->read_model().catalogue()->date({1})->first_seat.value + number - 1;
  }
  Visitor fan(std::uint64_t n, std::int64_t money = 0) {
    const Visitor who = world->enter(n);
    if (money > 0) world->call(charge(who, money));
    return who;
  }
  std::int64_t hold_seat(const Visitor& who, int number) {
    return test::number(world->call(hold(who, seat(number))).data(), "id");
  }
};

}  // namespace stagedoor::test
