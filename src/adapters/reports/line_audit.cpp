// The checks of the audit that read the line through LineStore, since it may be in another store than the
// visits.
#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "adapters/reports/audit_report.h"

namespace stagedoor::reports {
namespace {

// A user's newest place so far, and the time of its end.
struct Occupancy {
  Place place = 0;
  TimePoint ends_at = kNever;
};

class LineAudit {
 public:
  explicit LineAudit(TimePoint latest_moment) : latest_moment_(latest_moment) {}

  // `visits` and `absences`: those of the event. `room`: gets the places if it is not nullptr.
  void check(LineStore& line, EventId event, std::span<const Visit> visits,
             std::span<const PlaceBitmap> absences, DrawnRoom* room) {
    Place places = 0, first = 0, last = 0;
    TimePoint before{};
    absl::flat_hash_map<UserId, Occupancy> users;
    auto next_visit = visits.begin();
    for_each_place(line, event, [&](const LinePlace& row) {
      if (room) room->places.push_back(row);
      if (places++ == 0) first = row.place;
      else if (row.joined_at < before) {
        gaps_.add(fmt::format("event {}: place {} joined at {}, the one before at {}", event.value, row.place,
                              to_ms(row.joined_at), to_ms(before)));
      }
      last = row.place;
      before = row.joined_at;
      for (; next_visit != visits.end() && next_visit->place < row.place; ++next_visit)
        check(*next_visit, nullptr);
      const Visit* visit =
          next_visit != visits.end() && next_visit->place == row.place ? &*next_visit++ : nullptr;
      if (visit) check(*visit, &row);
      check(row, visit, users[row.user]);
    });
    for (; next_visit != visits.end(); ++next_visit) check(*next_visit, nullptr);
    if (places > 0 && (first != 1 || last != places)) {
      gaps_.add(fmt::format("event {} has {} places, numbered {} to {}", event.value, places, first, last));
    }
    for (const PlaceBitmap& block : absences) {
      each_place(block, [&](Place place) {
        if (place > last)
          absences_.add(
              fmt::format("event {}: place {} was absent; {} places were given", event.value, place, last));
      });
    }
  }

  void report(AuditReport& report) {
    for (AuditCheck* check : {&gaps_, &two_places_, &astray_, &absences_, &draws_})
      report.checks.push_back(std::move(*check));
  }

  AuditCheck& draws() { return draws_; }

 private:
  void check(const LinePlace& row, const Visit* visit, Occupancy& newest) {
    if (row.left_at && *row.left_at < row.joined_at)
      gaps_.add(fmt::format("event {}: place {} was given up at {}, before it was joined at {}",
                            row.event.value, row.place, to_ms(*row.left_at), to_ms(row.joined_at)));
    if (row.user == UserId{}) return;  // a log has lost who it is
    if (newest.place != 0 && row.joined_at < newest.ends_at) {
      two_places_.add(fmt::format("event {}: one user took place {} at {}, while place {} was not over",
                                  row.event.value, row.place, to_ms(row.joined_at), newest.place));
    }
    newest = {row.place, row.left_at ? *row.left_at : visit ? visit->expires_at : kNever};
  }

  // `place`: nullptr if the line has no such place.
  void check(const Visit& visit, const LinePlace* place) {
    const auto add = [&](const std::string& what) {
      astray_.add(fmt::format("event {}: the visit of place {} [{}, {}) {}", visit.event.value, visit.place,
                              to_ms(visit.activated_at), to_ms(visit.expires_at), what));
    };
    if (!place) add("has no place in the line");
    else if (place->user != visit.user && place->user != UserId{}) add("is not of the user who joined");
    else if (place->left_at) add(fmt::format("is of a place given up at {}", to_ms(*place->left_at)));
    else if (place->joined_at > visit.activated_at || visit.expires_at < visit.activated_at ||
             visit.activated_at > latest_moment_)
      add(fmt::format("is of a place that joined at {}", to_ms(place->joined_at)));
  }

  TimePoint latest_moment_;
  AuditCheck gaps_{
      "find_lines_with_gaps",
      "The places of an event are 1, 2, 3… in the order of joining, and are given up after it (I-12).",
      0,
      {}};
  AuditCheck two_places_{
      "find_users_with_two_places",
      "A user has one place of an event at a time: the next is taken when the one before is over (I-13).",
      0,
      {}};
  AuditCheck astray_{"find_visits_astray",
                     "A visit is of a place of the same user that joined before it and was not given up; its "
                     "stamps are sane.",
                     0,
                     {}};
  AuditCheck absences_{
      "find_absences_astray", "Only places that were given were ever absent (R-Q12).", 0, {}};
  AuditCheck draws_{
      "find_draws_astray",
      "A draw is of the joins before its opening, was committed before it and made after it, and users "
      "were let in as it says (I-24).",
      0,
      {}};
};

// The rows of this event, which are together in all of them.
template <class Row>
std::span<const Row> rows_of(EventId event, const std::vector<Row>& all) {
  const auto [first, last] = std::equal_range(all.begin(), all.end(), Row{.event = event},
                                              [](const Row& a, const Row& b) { return a.event < b.event; });
  return {first, last};
}

}  // namespace

void audit_lines(AuditReport& report, LineStore& line, const LineContext& context) {
  LineAudit audit(context.latest_moment);
  for (const EventId event : context.events) {
    const Event* known = context.catalogue.event(event);
    const auto draw = context.draws.find(event);
    const bool is_drawn = draw != context.draws.end();
    const auto priority = context.priority.find(event);
    DrawnRoom room{.draw = is_drawn ? std::optional(draw->second) : std::nullopt,
                   .places = {},
                   .visits = rows_of(event, context.visits),
                   .absences = rows_of(event, context.absences),
                   .priority = priority == context.priority.end() ? std::set<UserId>() : priority->second};
    const bool needs_draw = known && (is_drawn || known->queue.order == LineOrder::draw);
    audit.check(line, event, room.visits, room.absences, needs_draw ? &room : nullptr);
    if (needs_draw) audit_draw(audit.draws(), *known, room);
  }
  audit.report(report);
}

}  // namespace stagedoor::reports
