// Catalogues for tests, in the form operators write.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace stagedoor::test {

// Event 1 with date 1: 50 seats of category Standard at 110,000 won, on sale. Everybody is let in at once and
// may poll as often as they like, unless `queue` says otherwise; `queue` and `policy` are the insides of a
// YAML flow map.
inline std::string club_night(
    std::string_view queue = "admission: capacity, capacity: 1000000, active_ttl: 5m, poll_min: 0s",
    std::string_view policy = "seats_per_user: 4, hold_ttl: 5m") {
  return fmt::format(R"(layouts:
  club: {{seats: 50, category: Standard}}
events:
  - id: 1
    name: Winter Club Night
    performer: The Understudies
    venue: Stagedoor Club
    on_sale: {{from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}}
    queue: {{{}}}
    policy: {{{}}}
    dates:
      - {{id: 1, starts_at: 2096-02-01T19:00:00+09:00, layout: club, prices: {{Standard: 110000}}}}
)",
                     queue, policy);
}

// The same with so many seats, of which one fan may hold any number, for half an hour.
inline std::string hall(int seats, std::string_view queue) {
  std::string yaml = club_night(queue, "seats_per_user: 100000, hold_ttl: 30m");
  return yaml.replace(yaml.find("seats: 50"), 9, "seats: " + std::to_string(seats));
}

}  // namespace stagedoor::test
