#include "state/changes.h"

#include <iterator>

namespace stagedoor {
namespace {

template <class Row>
void append(std::vector<Row>& to, std::vector<Row>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

void Batch::add(Changes& changes, const View& view) {
  for (const auto& row : changes.reservations) {
    reservations.put(row.id, row, row.version == 1 ? nullptr : view.reservations.find(row.id));
  }
  for (const auto& row : changes.wallets) wallets.put(row.user, row, view.wallets.find(row.user));
  for (const auto& row : changes.visits) {
    const EventPlace key{row.event, row.place};
    visits.put(key, row, view.visits.knows(key) ? view.visits.find(key) : nullptr);
  }
  for (const auto& row : changes.line) {
    // A place is new, or given up by an owner whose joining is in the store already.
    const LinePlace joined{row.event, row.place, row.user, row.joined_at, std::nullopt};
    line.put({row.event, row.place}, row, row.left_at ? &joined : nullptr);
  }
  for (const auto& row : changes.draws) draws.put(row.event, row, view.draws.find(row.event));
  for (const auto& row : changes.blocks) {
    const SeatBlock before{row.seat, view.seats.find(row.seat) && view.seats.find(row.seat)->blocked};
    blocks.put(row.seat, row, &before);
  }
  payments.insert(payments.end(), changes.payments.begin(), changes.payments.end());
  answers.insert(answers.end(), changes.answers.begin(), changes.answers.end());
  append(absences, changes.absences);
  append(seen, changes.seen);
  append(priority, changes.priority);
  append(postings, changes.postings);
  append(outbox, changes.outbox);
  append(log, changes.log);
  append(catalogue.events, changes.catalogue.events);
  append(catalogue.dates, changes.catalogue.dates);
  append(catalogue.layouts, changes.catalogue.layouts);
}

bool Batch::empty() const {
  return reservations.empty() && wallets.empty() && visits.empty() && line.empty() && absences.empty() &&
         seen.empty() && draws.empty() && priority.empty() && blocks.empty() && postings.empty() &&
         payments.empty() && answers.empty() && outbox.empty() && log.empty() && catalogue.empty();
}

}  // namespace stagedoor
