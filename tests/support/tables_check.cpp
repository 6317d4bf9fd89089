#include "support/tables_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/describe/enum_to_string.hpp>
#include <set>

namespace stagedoor::test {
namespace {

class Check {
 public:
  explicit Check(const memory::Tables& tables) : tables_(tables) {}

  std::vector<std::string> run() {
    seats();
    holds();
    money();
    payments();
    line();
    visits();
    outbox();
    return std::move(broken_);
  }

 private:
  template <class... Args>
  void demand(bool holds, fmt::format_string<Args...> what, Args&&... args) {
    if (!holds) broken_.push_back(fmt::format(what, std::forward<Args>(args)...));
  }

  void seats() {
    std::map<SeatId, ReservationId> taken;
    for (const auto& [id, row] : tables_.reservations) {
      if (!row.takes_seat()) continue;
      const auto [at, is_first] = taken.try_emplace(row.seat, id);
      demand(is_first, "I-1: seat {} is taken by reservations {} and {}", row.seat.value, at->second.value,
             id.value);
    }
    demand(taken == tables_.taking, "I-1: the index of taken seats differs from the reservations");
  }

  // By the stored stamps alone: at the moment a reservation began, its owner's others that were held or paid
  // then.
  void holds() {
    std::map<EventUser, std::vector<const Reservation*>> by_fan;
    for (const auto& [id, row] : tables_.reservations) by_fan[{row.event, row.user}].push_back(&row);
    for (const auto& [fan, rows] : by_fan) {
      const Event* event = tables_.catalogue.event(fan.first);
      for (const Reservation* newest : rows) {
        const auto has_then = [&](const Reservation* row) {
          if (row->created_at > newest->created_at) return false;
          const bool was_live = row->expires_at > newest->created_at || row->paid_at;
          const bool was_over =
              row->status == ReservationStatus::CANCELLED || row->status == ReservationStatus::REFUNDED
                  ? row->updated_at <= newest->created_at
                  : false;
          return was_live && !was_over;
        };
        const auto count = std::count_if(rows.begin(), rows.end(), has_then);
        demand(count <= event->policy.seats_per_user, "I-4: {} had {} seats of event {} when {} began",
               to_string(fan.second), count, fan.first.value, newest->id.value);
      }
    }
    for (const auto& [id, row] : tables_.reservations) {
      const auto at = tables_.visits.find({row.event, row.place});
      demand(at != tables_.visits.end() && at->second.user == row.user, "I-17: hold {} has no visit",
             id.value);
      if (at == tables_.visits.end()) continue;
      const Visit& visit = at->second;
      demand(visit.activated_at <= row.created_at, "I-17: hold {} began before its visit", id.value);
      const TimePoint cap = visit.activated_at + tables_.catalogue.event(row.event)->queue.visit_max;
      demand(row.expires_at <= cap, "I-17: hold {} ends after its visit's cap", id.value);
      demand(!row.is_unpaid() || row.expires_at <= visit.expires_at, "I-17: hold {} outlives its visit",
             id.value);
      demand(!row.paid_at || *row.paid_at < row.expires_at, "I-3: reservation {} was paid too late",
             id.value);
    }
  }

  void money() {
    std::map<std::int64_t, std::int64_t> accounts;
    std::map<WalletId, std::int64_t> last_seq;
    std::set<std::int64_t> ids;
    for (const auto& [key, row] : tables_.postings) {
      demand(row.amount > Won{0}, "I-6: posting {} moves {}", row.id.value, row.amount.amount);
      demand(row.debit_account != row.credit_account, "I-6: posting {} stays where it is", row.id.value);
      accounts[row.debit_account] -= row.amount.amount;
      accounts[row.credit_account] += row.amount.amount;
      demand(row.seq == ++last_seq[row.wallet], "I-8: posting {} has number {}", row.id.value, row.seq);
      demand(accounts[row.wallet.value] == row.balance_after.amount, "I-7: balance after posting {}",
             row.id.value);
      demand(ids.insert(row.id.value).second, "I-8: posting id {} twice", row.id.value);
    }
    std::int64_t sum = 0;
    for (const auto& [account, balance] : accounts) sum += balance;
    demand(sum == 0, "I-6: all postings sum to {}", sum);
    for (const auto& [user, row] : tables_.wallets) {
      demand(row.balance >= Won{0}, "I-7: wallet {} has {}", row.id.value, row.balance.amount);
      demand(accounts[row.id.value] == row.balance.amount, "I-7: wallet {} has {}, its postings sum to {}",
             row.id.value, row.balance.amount, accounts[row.id.value]);
      demand(last_seq[row.id] == row.seq, "I-8: wallet {} counts {} postings", row.id.value, row.seq);
    }
  }

  void payments() {
    std::map<ReservationId, std::vector<const Posting*>> uses, refunds;
    for (const auto& [key, row] : tables_.postings) {
      if (row.type == PostingType::USE) uses[row.reservation].push_back(&row);
      if (row.type == PostingType::REFUND) refunds[row.reservation].push_back(&row);
    }
    std::map<PaymentId, std::int64_t> totals;
    const auto moved = [](const std::vector<const Posting*>& rows, Won price) {
      if (price == Won{0}) return rows.empty();
      return rows.size() == 1 && rows.front()->amount == price;
    };
    for (const auto& [id, row] : tables_.reservations) {
      const bool was_paid =
          row.status == ReservationStatus::PAID || row.status == ReservationStatus::REFUNDED;
      demand(was_paid == bool(row.payment) && was_paid == row.paid_at.has_value(),
             "I-9: reservation {} is {}", id.value, boost::describe::enum_to_string(row.status, "?"));
      if (was_paid) totals[row.payment] += row.price.amount;
      demand(was_paid ? moved(uses[id], row.price) : uses[id].empty(), "I-9: uses for reservation {}",
             id.value);
      demand(row.status == ReservationStatus::REFUNDED ? moved(refunds[id], row.price) : refunds[id].empty(),
             "I-11: refunds of reservation {}", id.value);
    }
    for (const auto& [id, row] : tables_.payments) {
      demand(totals.contains(id) && totals[id] == row.total.amount, "I-10: payment {} of {}", id.value,
             row.total.amount);
    }
    demand(totals.size() == tables_.payments.size(), "I-9: a reservation was paid with no payment");
  }

  void line() {
    std::map<EventId, Place> last;
    std::map<EventId, TimePoint> latest;
    std::map<EventUser, const LinePlace*> before;
    for (const auto& [key, row] : tables_.line) {
      demand(row.place == ++last[row.event], "I-12: place {} of event {} has a gap before it", row.place,
             row.event.value);
      demand(row.joined_at >= latest[row.event], "I-12: place {} joined before the one before it", row.place);
      latest[row.event] = row.joined_at;
      const LinePlace*& older = before[{row.event, row.user}];
      if (older) {
        const auto visit = tables_.visits.find({older->event, older->place});
        const bool is_over = older->left_at
                                 ? *older->left_at <= row.joined_at
                                 : visit != tables_.visits.end() && visit->second.expires_at <= row.joined_at;
        demand(is_over, "I-13: {} has places {} and {} of event {}", to_string(row.user), older->place,
               row.place, row.event.value);
      }
      older = &row;
    }
  }

  void visits() {
    std::map<EventId, std::vector<const Visit*>> by_event;
    for (const auto& [key, row] : tables_.visits) {
      by_event[row.event].push_back(&row);
      const auto place = tables_.line.find(key);
      demand(place != tables_.line.end() && place->second.user == row.user, "I-12: visit {} has no place",
             row.place);
      if (place == tables_.line.end()) continue;
      demand(!place->second.left_at, "I-13: place {} was given up and let in", row.place);
      demand(place->second.joined_at <= row.activated_at, "I-12: place {} was let in before it joined",
             row.place);
    }
    for (const auto& [id, rows] : by_event) {
      const QueuePolicy& policy = tables_.catalogue.event(id)->queue;
      if (policy.admission != Admission::interval) capacity(id, rows, policy);
      if (policy.admission != Admission::capacity) interval(id, rows, policy);
    }
  }

  void capacity(EventId id, const std::vector<const Visit*>& rows, const QueuePolicy& policy) {
    std::vector<std::pair<TimePoint, int>> edges;  // ends before beginnings of the same moment: half-open
    for (const Visit* row : rows) {
      edges.emplace_back(row->activated_at, 1);
      edges.emplace_back(row->expires_at, -1);
    }
    std::sort(edges.begin(), edges.end());
    std::int64_t inside = 0, most = 0;
    for (const auto& [at, step] : edges) most = std::max(most, inside += step);
    demand(most <= policy.capacity, "I-14: {} visits of event {} at once, not {}", most, id.value,
           policy.capacity);
  }

  void interval(EventId id, const std::vector<const Visit*>& rows, const QueuePolicy& policy) {
    std::vector<TimePoint> stamps;
    for (const Visit* row : rows) stamps.push_back(row->activated_at);
    std::sort(stamps.begin(), stamps.end());
    const auto people = static_cast<std::size_t>(policy.people);
    for (std::size_t i = people; i < stamps.size(); ++i) {
      demand(stamps[i] - stamps[i - people] > policy.every,
             "I-15: more than {} visits of event {} in a window", people, id.value);
    }
  }

  void outbox() {
    std::map<std::string, std::set<std::int64_t>> versions;
    for (const auto& [id, row] : tables_.outbox) {
      demand(versions[row.key].insert(row.version).second, "I-21: {} version {} twice", row.key, row.version);
    }
    const auto all_of = [&](const std::string& key, std::int64_t count) {
      return std::int64_t(versions[key].size()) == count &&
             (count == 0 || (*versions[key].begin() == 1 && *versions[key].rbegin() == count));
    };
    for (const auto& [id, row] : tables_.reservations)
      demand(all_of(fmt::format("reservation/{}", id.value), row.version), "I-21: events of reservation {}",
             id.value);
    for (const auto& [id, row] : tables_.reservations) {
      if (!row.paid_at) continue;
      const bool is_paid = row.status == ReservationStatus::PAID;
      const auto events_of = [&](std::int32_t ticket, std::int64_t count) {
        return all_of(fmt::format("ticket/{}.{}", id.value, ticket), count);
      };
      demand(!is_paid || events_of(row.version, 1), "I-21: events of the ticket of reservation {}", id.value);
      demand((is_paid && row.updated_at == *row.paid_at) || events_of(row.version - 1, 2),
             "I-21: events of the revoked ticket of reservation {}", id.value);
    }
    for (const auto& [user, row] : tables_.wallets)
      demand(all_of(fmt::format("wallet/{}", row.id.value), row.seq), "I-21: events of wallet {}",
             row.id.value);
    for (const auto& [key, row] : memory::table_of(kinds::key_versions{}, tables_))
      demand(all_of(key, row.version), "I-21: events of {}", key);
    std::map<EventId, std::int64_t> admitted;
    for (const auto& [key, row] : tables_.visits) ++admitted[row.event];
    for (const auto& [id, row] : tables_.outbox)
      if (row.type == "stagedoor.queue.admitted.v1")
        admitted[EventId{std::stoll(row.key.substr(6))}] -= count_of(row);
    for (const auto& [event, missing] : admitted)
      demand(missing == 0, "I-21: {} admissions of event {} without an event", missing, event.value);
  }

  // The `count` of an admission.
  static std::int64_t count_of(const OutboxRow& row) {
    constexpr std::string_view kName = "\"count\":";
    return std::stoll(row.payload.substr(row.payload.find(kName) + kName.size()));
  }

  const memory::Tables& tables_;
  std::vector<std::string> broken_;
};

std::int64_t ms(const std::optional<TimePoint>& at) { return at ? to_ms(*at) : 0; }

}  // namespace

std::vector<std::string> broken_invariants(const memory::Tables& tables) { return Check(tables).run(); }

std::string dump(const memory::Tables& tables) {
  std::string out;
  for (const auto& [id, row] : tables.reservations) {
    out += fmt::format(
        "reservation {} seat {} user {} place {} {} {} price {} ends {} updated {} payment {} paid {} v{}\n",
        id.value, row.seat.value, to_string(row.user), row.place,
        boost::describe::enum_to_string(row.status, "?"), boost::describe::enum_to_string(row.reason, "?"),
        row.price.amount, to_ms(row.expires_at), to_ms(row.updated_at), row.payment.value, ms(row.paid_at),
        row.version);
  }
  for (const auto& [user, row] : tables.wallets)
    out += fmt::format("wallet {} user {} balance {} seq {}\n", row.id.value, to_string(user),
                       row.balance.amount, row.seq);
  for (const auto& [key, row] : tables.postings)
    out += fmt::format("posting {} wallet {} seq {} {} {} after {} from {} to {} for {}\n", row.id.value,
                       row.wallet.value, row.seq, boost::describe::enum_to_string(row.type, "?"),
                       row.amount.amount, row.balance_after.amount, row.debit_account, row.credit_account,
                       row.reservation.value);
  for (const auto& [id, row] : tables.payments)
    out += fmt::format("payment {} user {} total {}\n", id.value, to_string(row.user), row.total.amount);
  for (const auto& [key, row] : tables.visits)
    out += fmt::format("visit {}/{} user {} from {} to {}\n", row.event.value, row.place, to_string(row.user),
                       to_ms(row.activated_at), to_ms(row.expires_at));
  for (const auto& [key, row] : tables.line)
    out += fmt::format("place {}/{} user {} at {} left {}\n", row.event.value, row.place, to_string(row.user),
                       to_ms(row.joined_at), ms(row.left_at));
  for (const auto& [seat, row] : tables.blocks) out += fmt::format("block {}\n", seat.value);
  for (const auto& [key, row] : tables.answers)
    out += fmt::format("answer {} {} {} {}\n", to_string(key.first), key.second, row.status, row.body);
  for (const auto& [id, row] : tables.outbox)
    out += fmt::format("outbox {} {} v{} {}\n", id.value, row.key, row.version, row.type);
  for (const auto& [id, row] : tables.log) out += fmt::format("log {} {}\n", id.value, row.action);
  for (const auto& [id, event] : tables.catalogue.events)
    out += fmt::format("event {} {} closed {}\n", id.value, event->name, event->closed);
  for (const auto& [id, date] : tables.catalogue.dates)
    out += fmt::format("date {} of {} seats {}\n", id.value, date->event.value, date->seats.size());
  return out;
}

}  // namespace stagedoor::test
