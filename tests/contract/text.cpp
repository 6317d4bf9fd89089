#include "text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/describe/enum_to_string.hpp>

namespace stagedoor::contract {
namespace {

std::string text(TimePoint at) { return at == kNever ? "never" : std::to_string(to_ms(at)); }
std::string text(const std::optional<TimePoint>& at) { return at ? text(*at) : "none"; }
std::string text(const Window& window) { return text(window.from) + ".." + text(window.until); }
template <class E>
const char* word(E value) {
  return boost::describe::enum_to_string(value, "?");
}
template <class Tag>
std::string numbers(const std::vector<Id<Tag>>& ids) {
  std::string out;
  for (const auto id : ids) out += std::to_string(id.value) + " ";
  return out;
}

std::string text(const Event& row) {
  const auto& q = row.queue;
  const auto& p = row.policy;
  return fmt::format(
      "event {} {}/{}/{} sale {} closed {} paused {} {} '{}' made {} changed {}\n"
      "  queue {} {} per {} cap {} ttl {} max {} presence {} share {} poll {}-{} spread {} {} gather {} "
      "places {}\n"
      "  policy {} {} {} {}\n"
      "  zone {} imported {}\n",
      row.id.value, row.name, row.performer, row.venue, text(row.on_sale), row.closed, row.paused,
      text(row.paused_since), row.paused_text, text(row.created_at), text(row.updated_at), word(q.admission),
      q.people, q.every.count(), q.capacity, q.active_ttl.count(), q.visit_max.count(),
      q.presence_timeout.count(), q.return_share, q.poll_min.count(), q.poll_max.count(), q.spread,
      word(q.order), text(q.gather_from), q.places_max, p.seats_per_user, p.hold_ttl.count(),
      p.rehold_cooldown.count(), text(p.refund_until), row.time_zone, row.imported);
}

std::string text(const EventDate& row) {
  std::string out = fmt::format(
      "date {} of {} at {} booking {} layout {} first {} made {} changed {} gone {} imported {}\n",
      row.id.value, row.event.value, text(row.starts_at), text(row.booking), row.layout, row.first_seat.value,
      text(row.created_at), text(row.updated_at), text(row.deleted_at), row.imported);
  out += fmt::format("  sections {}\n", fmt::join(row.sections, ","));
  for (const auto& c : row.categories)
    out += fmt::format("  category {} {} {}\n", c.id.value, c.name, c.price.amount);
  for (const auto& s : row.seats)
    out += fmt::format("  seat {} {} {} {} {}\n", s.number, s.number_in_row, s.section, s.row, s.category);
  return out;
}

}  // namespace

std::string text(const Reservation& row) {
  return fmt::format(
      "reservation {} seat {} date {} event {} user {} place {} {} {} price {} until {} made {} changed {} "
      "payment "
      "{} paid {} version {}",
      row.id.value, row.seat.value, row.date.value, row.event.value, to_string(row.user), row.place,
      word(row.status), word(row.reason), row.price.amount, text(row.expires_at), text(row.created_at),
      text(row.updated_at), row.payment.value, text(row.paid_at), row.version);
}

std::string text(const Wallet& row) {
  return fmt::format("wallet {} of {} balance {} seq {}", row.id.value, to_string(row.user),
                     row.balance.amount, row.seq);
}

std::string text(const Posting& row) {
  return fmt::format("posting {} wallet {} seq {} {} {} after {} debit {} credit {} reservation {} at {}",
                     row.id.value, row.wallet.value, row.seq, word(row.type), row.amount.amount,
                     row.balance_after.amount, row.debit_account, row.credit_account, row.reservation.value,
                     text(row.created_at));
}

std::string text(const Payment& row) {
  return fmt::format("payment {} of {} total {} at {} for {}", row.id.value, to_string(row.user),
                     row.total.amount, text(row.created_at), numbers(row.reservations));
}

std::string text(const LinePlace& row) {
  return fmt::format("place {} {} of {} joined {} left {} {}", row.event.value, row.place,
                     to_string(row.user), text(row.joined_at), text(row.left_at), word(row.left_by));
}

std::string text(const Visit& row) {
  return fmt::format("visit {} {} of {} [{}, {}) {}", row.event.value, row.place, to_string(row.user),
                     text(row.activated_at), text(row.expires_at), word(row.ended_by));
}

std::string text(const IdempotentAnswer& row) {
  return fmt::format("answer {} '{}' of {:?} {} '{}' '{}' at {}", to_string(row.user), row.key,
                     row.request_hash, row.status, row.body, row.headers, text(row.created_at));
}

std::string text(const LogRow& row) {
  return fmt::format("log {} at {} by {}: {} event {} {}", row.id.value, text(row.created_at),
                     row.operator_name, row.action, row.event.value, row.detail);
}

std::string text(const Catalogue& catalogue) {
  std::string out;
  for (const auto& [id, event] : catalogue.events) out += text(*event);
  for (const auto& [id, date] : catalogue.dates) out += text(*date);
  for (const auto& [seat, date] : catalogue.dates_by_first_seat)
    out += fmt::format("first seat {} of {}\n", seat.value, date.value);
  for (const auto& [digest, log] : catalogue.imports) out += fmt::format("import {} {}\n", digest, log.value);
  for (const auto& [name, layout] : catalogue.layouts) {
    out += fmt::format("layout {} {} {}\n", name, layout.seats, layout.category);
    for (const auto& s : layout.sections) {
      out +=
          fmt::format("  section {} {} {} {} at {} angle {} curve {}\n", s.name, s.rows, s.seats_per_row,
                      s.category, s.at ? fmt::format("{} {}", s.at->x, s.at->y) : "none", s.angle, s.curve);
    }
  }
  return out;
}

std::string text(const StorePorts& store, Queries& queries, const Asked& asked) {
  std::string out = text(store.startup.catalogue());
  const auto line = [&](const std::string& row) { out += row + "\n"; };
  store.startup.read({.reservation = [&](const Reservation& row) { line("taking " + text(row)); }});
  store.startup.read(
      {.block = [&](const SeatBlock& row) { line(fmt::format("blocked {}", row.seat.value)); }});
  for_each_place(store.line, asked.event, [&](const LinePlace& row) { line(text(row)); });
  store.startup.read({.visit = [&](const Visit& row) { line(text(row)); }});
  line(fmt::format("ids to {}, moment {}", store.startup.ids_reserved_to(),
                   text(store.startup.latest_moment())));

  Keys keys;
  for (const auto& user : asked.users) {
    keys.wallets.insert(user);
    keys.fans.insert({asked.event, user});
    for (const auto seat : asked.seats) keys.last_ended.emplace(SeatUser{seat, user}, Millis::max() / 4);
  }
  for (const auto seat : asked.seats) keys.seats.insert(seat);
  for (const auto& key : asked.answers) keys.answers.insert(key);
  for (Place place = 1; place <= asked.last_place; ++place) keys.visits.insert({asked.event, place});
  View view;
  store.store.begin()->load(keys, view);

  for (const auto seat : asked.seats) {
    const auto* state = view.seats.find(seat);
    line(fmt::format("seat {} taken by {} blocked {}", seat.value, state->taken_by.value, state->blocked));
  }
  for (const auto& key : asked.answers) line(text(view.answers.find(key)));
  for (Place place = 1; place <= asked.last_place; ++place)
    line(text(view.visits.find({asked.event, place})));
  for (const auto& user : asked.users) {
    const auto* fan = view.fans.find({asked.event, user});
    line(fmt::format("{} unpaid {} paid {}", to_string(user), numbers(fan->unpaid), numbers(fan->paid)));
    for (const auto seat : asked.seats) {
      const auto* lapsed = view.last_ended.find({seat, user});
      line(fmt::format("  lapsed on {}: {}", seat.value, lapsed ? text(*lapsed) : "never"));
    }
    line(text(view.wallets.find(user)));
    const auto wallet = queries.wallet(user);
    line(text(wallet));
    if (wallet) out += text(queries.history(wallet->id, {.limit = 200}));
    out += text(queries.reservations_of(user, std::nullopt, {.limit = 200}));
    out += text(queries.payments_of(user, {.limit = 200}));
  }
  out += text(queries.log({.limit = 200}));
  return out;
}

}  // namespace stagedoor::contract
