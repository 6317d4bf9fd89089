// The checks of the audit that compute a draw again from the line (I-24).
#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include "adapters/reports/audit_report.h"
#include "protocol/draw.h"

namespace stagedoor::reports {
namespace {

struct Faults {
  AuditCheck& check;
  EventId event;

  template <class... Parts>
  void add(fmt::format_string<Parts...> text, Parts&&... parts) {
    check.add(fmt::format("the draw of event {} {}", event.value,
                          fmt::format(text, std::forward<Parts>(parts)...)));
  }
};

// Users who were let in although a user whom the draw put before them still waited, of all drawn users who
// were let in, were present all the time, and have no priority. There are next to none if the order is the
// drawn one, and about half of all if it is another.
void check_order(Faults faults, const DrawnRoom& room) {
  const Draw& draw = *room.draw;
  absl::flat_hash_set<Place> exempt;
  for (const PlaceBitmap& block : room.absences)
    each_place(block, [&](Place place) { exempt.insert(place); });
  for (const LinePlace& place : room.places)
    if (room.priority.contains(place.user)) exempt.insert(place.place);
  std::vector<TimePoint> admitted(draw.people, kNever);
  for (const Visit& visit : room.visits)
    if (visit.place <= draw.people) admitted[visit.place - 1] = visit.activated_at;
  const auto order =
      protocol::draw_order(protocol::draw_key(draw.seed, draw.digest, draw.beacon), draw.people);
  std::size_t judged = 0, overtaken = 0;
  TimePoint before{};
  for (const Place place : order.place_at) {
    const TimePoint at = admitted[place - 1];
    if (at == kNever || exempt.contains(place)) continue;
    ++judged;
    overtaken += at < before;
    before = at;
  }
  if (overtaken * 4 > judged)
    faults.add(
        "says another order than the one in which users were let in: {} of {} were let in before the one "
        "drawn before them",
        overtaken, judged);
}

void check_drawn(Faults faults, const DrawnRoom& room) {
  const Draw& draw = *room.draw;
  protocol::JoinsDigest digest;
  Place people = 0;
  bool is_known = true;  // false: a log has lost who some of them are
  for (const LinePlace& place : room.places) {
    if (place.joined_at >= draw.opens_at) break;
    digest.add(place.place, place.user, place.joined_at);
    is_known = is_known && place.user != UserId{};
    ++people;
  }
  if (*draw.drawn_at < draw.opens_at)
    faults.add("was made at {}, before its opening at {}", to_ms(*draw.drawn_at), to_ms(draw.opens_at));
  if (draw.beacon_source.empty() != draw.beacon.empty())
    faults.add("has the beacon \"{}\" of the source \"{}\"", draw.beacon, draw.beacon_source);
  if (draw.people != people)
    return faults.add("is of {} people; {} joined before its opening", draw.people, people);
  if (is_known && draw.digest != digest.finish())
    return faults.add("has another digest than its {} joins", people);
  check_order(faults, room);
}

}  // namespace

void audit_draw(AuditCheck& check, const Event& event, const DrawnRoom& room) {
  Faults faults{check, event.id};
  const auto has_gathered_before = [&](TimePoint opening) {
    return !room.places.empty() && room.places.front().joined_at < opening;
  };
  if (!room.draw) {
    if (event.queue.order == LineOrder::draw && has_gathered_before(event.on_sale.from))
      faults.add("is missing; users joined before the opening");
    return;
  }
  const Draw& draw = *room.draw;
  if (has_gathered_before(draw.opens_at) && draw.committed_at > draw.opens_at)
    faults.add("was committed at {}, after its opening at {}", to_ms(draw.committed_at),
               to_ms(draw.opens_at));
  if (draw.drawn_at) return check_drawn(faults, room);
  if (draw.people != 0 || !draw.digest.empty()) faults.add("was not made, and is of {} people", draw.people);
  if (!draw.beacon.empty() && draw.beacon_source.empty()) faults.add("has a beacon without a source");
  if (event.queue.order == LineOrder::draw && !room.visits.empty())
    faults.add("was not made, and place {} was let in", room.visits.front().place);
}

}  // namespace stagedoor::reports
