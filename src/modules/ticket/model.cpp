#include "modules/ticket/model.h"

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/refusals.h"
#include "modules/events/event_types.h"

namespace stagedoor::ticket {
namespace {

// Whether a scan that would be a double use is recorded.
enum class DoubleUse { recorded, refused };

// The uses that a command reads, with its own changes.
class Uses {
 public:
  Uses(const View& view, BatchContext& context) : view_(view), context_(context) {}

  struct Use {
    TicketUse row;
    Scans scans;
    bool is_changed = false;
  };
  Use& of(const TicketRef& ticket, DateId date) {
    const auto [at, is_new] = uses_.try_emplace(ticket);
    Use& use = at->second;
    if (!is_new) return use;
    if (const TicketUse* row = view_.ticket_uses.find_if_known(ticket)) {
      use.row = *row;
      use.scans = parse_scans(row->scans);
    } else {
      use.row = {.reservation = ticket.first, .ticket = ticket.second, .date = date};
    }
    return use;
  }
  void add_change(Use& use, const Reservation& of, std::string_view event, Changes& changes) {
    std::vector<events::TicketScan> live;
    for (const Scan& scan : use.scans)
      if (!scan.is_undone) live.push_back({scan.at, scan.device});
    use.row.live = std::int64_t(live.size());
    use.row.updated_at = context_.now;
    ++use.row.version;
    use.is_changed = true;
    changes.outbox.push_back(events::event_of(use.row, of, std::move(live), event, context_.ids));
  }
  void write(Changes& changes) {
    for (auto& [ticket, use] : uses_) {
      if (!use.is_changed) continue;
      use.row.scans = to_text(use.scans);
      changes.ticket_uses.push_back(use.row);
    }
  }

 private:
  const View& view_;
  BatchContext& context_;
  absl::flat_hash_map<TicketRef, Use> uses_;
};

bool is_ticket(const TicketRef& ticket, const Reservation* row, std::optional<DateId> date) {
  return row && was_issued(ticket, *row) && (!date || *date == row->date);
}

// Adds the scan, or its end, to the uses of a valid ticket.
Judged record(const Scanned& scan, const std::string& device, const Reservation& row, DoubleUse double_use,
              Uses& uses, Changes& changes) {
  Uses::Use& use = uses.of(scan.ticket, row.date);
  const auto at = place_of(use.scans, scan.at, device);
  const bool is_known = at != use.scans.end() && at->at == scan.at && at->device == device;
  const Scan* first = first_live(use.scans);
  if (is_known && scan.undo && !at->is_undone) {
    at->is_undone = true;
    uses.add_change(use, row, "use_undone", changes);
  } else if (!is_known && (use.scans.size() < kScansMax || at != use.scans.end()) &&
             (scan.undo || !first || double_use == DoubleUse::recorded)) {
    use.scans.insert(at, {scan.at, device, scan.undo});
    if (use.scans.size() > kScansMax) use.scans.pop_back();
    uses.add_change(use, row, scan.undo ? "use_undone" : "used", changes);
  } else if (!is_known && !first && !use.scans.empty()) {
    first = &use.scans.front();  // too many scans, all of them undone
    return {CheckInResult::ALREADY_USED, *first, row};
  }
  first = first_live(use.scans);
  const bool is_first = !first || (first->at == scan.at && first->device == device);
  return {scan.undo || is_first ? CheckInResult::ACCEPTED : CheckInResult::ALREADY_USED,
          first ? std::optional(*first) : std::nullopt, row};
}

std::vector<Judged> judge(const CheckIn& order, DoubleUse double_use, const View& view, BatchContext& context,
                          Changes& changes) {
  Uses uses(view, context);
  std::vector<Judged> all;
  for (const Scanned& scan : order.scans) {
    const Reservation* row = view.reservations.find(scan.ticket.first);
    if (!is_ticket(scan.ticket, row, order.date)) all.push_back({});
    else if (row->status != ReservationStatus::PAID || current_ticket(*row) != scan.ticket)
      all.push_back({.result = CheckInResult::REVOKED, .first = {}, .row = *row});
    else all.push_back(record(scan, order.device, *row, double_use, uses, changes));
  }
  uses.write(changes);
  return all;
}

Refusal already_used(const Scan& first) {
  const std::string at = to_rfc3339(first.at);
  return {.code = Code::TICKET_ALREADY_USED,
          .message = fmt::format("This ticket was used at {} at {}.", at, first.device),
          .extra = {{"at", '"' + at + '"'}, {"device", '"' + first.device + '"'}}};
}

}  // namespace

bool was_issued(const TicketRef& ticket, const Reservation& row) {
  return row.paid_at && ticket.second > 0 && ticket.second <= row.version;
}

void check_in_keys(const CheckIn& order, const View& view, Keys& wanted) {
  for (const Scanned& scan : order.scans) {
    want(view.reservations, wanted.reservations, scan.ticket.first);
    if (view.reservations.find_if_known(scan.ticket.first))
      want(view.ticket_uses, wanted.ticket_uses, scan.ticket);
  }
}

std::vector<Judged> decide_check_in(const CheckIn& order, const View& view, BatchContext& context,
                                    Changes& changes) {
  return judge(order, DoubleUse::recorded, view, context, changes);
}

Decision<Judged> decide_entry(const CheckIn& order, const View& view, BatchContext& context) {
  Changes changes;
  Judged judged = judge(order, DoubleUse::refused, view, context, changes).front();
  switch (judged.result) {
    case CheckInResult::ACCEPTED:
      if (!judged.first) return invalid("at", "is the moment of a scan that was taken back");
      break;
    case CheckInResult::ALREADY_USED:
      return already_used(*judged.first);
    case CheckInResult::REVOKED:
      return refuse(Code::TICKET_REVOKED,
                    "This ticket was revoked: the seat was refunded or has another owner.");
    case CheckInResult::UNKNOWN:
      return refuse(Code::TICKET_NOT_FOUND, "There is no such ticket for this date.");
  }
  return {std::move(judged), std::move(changes)};
}

}  // namespace stagedoor::ticket
