#include "cluster/workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/describe/enum_to_string.hpp>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "support/catalogue.h"

namespace stagedoor::test {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kKnownMax = 8;

bool moves_money(Kind kind) { return kind == Kind::pay || kind == Kind::refund; }

Told told_of_success(Kind kind, const ApiReply& reply) {
  const auto& answer = reply.data();
  switch (kind) {
    case Kind::hold:
      return {reply.status == 201 ? Outcome::done : Outcome::same, number(answer, "id")};
    case Kind::look: {
      const std::string status = text(answer, "status");
      if (status == "PAID") return {Outcome::paid};
      return {status == "RESERVED" || status == "PENDING" ? Outcome::held : Outcome::over};
    }
    case Kind::charge:
      return {Outcome::done, number(answer, "id"), number(answer, "balance")};
    case Kind::balance:
      return {Outcome::done, 0, number(answer, "balance")};
    default:
      return {Outcome::done};
  }
}

// Nothing: the outcome is not known. A 500, or what a proxy says for a server, is no promise that nothing was
// done.
std::optional<Told> told_by(Kind kind, const ApiReply& reply) {
  if (reply.ok()) return told_of_success(kind, reply);
  if (reply.status == 0 && reply.error == std::strerror(ECONNREFUSED)) return Told{Outcome::refused};
  const std::string code = reply.code();
  if (kind == Kind::hold && code == "SEAT_OCCUPIED") return Told{Outcome::occupied};
  if (code == "NOT_ENOUGH_BALANCE") return Told{Outcome::poor, 0, number(reply.json, "balance")};
  if (kind == Kind::charge && code == "BALANCE_LIMIT_EXCEEDED")
    return Told{Outcome::at_limit, 0, number(reply.json, "balance")};
  if (code == "RESERVATION_ALREADY_PAID") return Told{Outcome::paid};
  if (kind == Kind::refund && code == "WRONG_RESERVATION_STATUS") return Told{Outcome::unpaid};
  if (code == "WRONG_RESERVATION_STATUS" || code == "RESERVATION_EXPIRED") return Told{Outcome::over};
  const bool is_refusal = reply.status >= 400 && reply.status < 500 && !code.empty();
  if (is_refusal || code == "STORE_UNAVAILABLE" || code == "OVERLOADED") return Told{Outcome::refused};
  return std::nullopt;
}

// What a payment or refund was for the wallet: done or refused with it, or too dear.
std::optional<Told> for_wallet(const std::optional<Told>& told) {
  if (!told || told->outcome == Outcome::done || told->outcome == Outcome::poor) return told;
  return Told{Outcome::refused};
}

}  // namespace

std::string Workload::catalogue(std::size_t seats) {
  std::string yaml =
      club_night("admission: capacity, capacity: 1000000, active_ttl: 30m, visit_max: 24h, poll_min: 0s",
                 "seats_per_user: 100000, hold_ttl: 24h, refund_until: 2095-01-01T00:00:00Z");
  return yaml.replace(yaml.find("seats: 50"), 9, fmt::format("seats: {}", seats));
}

Workload::Workload(WorkloadOptions options)
    : options_(std::move(options)), random_(options_.seed), asked_(options_.clients) {
  Api api(options_.urls.front());
  for (auto& who : enter_all({options_.urls.front()}, options_.first_user, options_.users, 1, options_.users))
    users_.push_back({std::move(who), {}});
  seats_ = free_seats(api, users_.front().who, 1);
  if (seats_.size() < options_.seats + options_.users) throw std::runtime_error("too few seats are free");
  for (User& user : users_) {
    api.send(test::hold(user.who, seats_.back())).data();
    seats_.pop_back();
  }
  seats_.resize(options_.seats);
  const auto on_answer = [this](std::size_t client, const crowd::Response& response) {
    heard(client, response);
  };
  for (const auto& url : options_.urls)
    servers_.push_back(std::make_unique<crowd::Client>(
        crowd::resolve(url),
        crowd::Client::Options{.connections = options_.clients, .answer_within = options_.answer_within},
        on_answer));
}

void Workload::run(const std::function<bool()>& goes_on) {
  std::multimap<Steady::time_point, std::size_t> resting;  // clients that shall not hammer at what is away
  on_free_ = [&](std::size_t client, bool is_decided) {
    if (!is_decided) resting.emplace(Steady::now() + std::chrono::milliseconds(50), client);
    else if (goes_on()) send(client, choose(client % users_.size()));
  };
  for (std::size_t client = 0; client < options_.clients; ++client) on_free_(client, true);
  wait([&] {
    while (!resting.empty() && resting.begin()->first <= Steady::now()) {
      const std::size_t client = resting.begin()->second;
      resting.erase(resting.begin());
      on_free_(client, true);
    }
    return goes_on();
  });
}

void Workload::look_at_everything() {
  std::vector<Asked> plan;
  for (std::size_t user = 0; user < users_.size(); ++user) {
    plan.push_back({.kind = Kind::balance, .user = user});
    for (const auto& known : users_[user].known)
      plan.push_back({.kind = Kind::look, .user = user, .of = known});
  }
  on_free_ = [&](std::size_t client, bool) {
    if (plan.empty()) return;
    Asked next = std::move(plan.back());
    plan.pop_back();
    send(client, std::move(next));
  };
  for (std::size_t client = 0; client < options_.clients; ++client) on_free_(client, true);
  wait([] { return false; });
}

void Workload::wait(const std::function<bool()>& goes_on) {
  const auto is_owed = [&] {
    return std::ranges::any_of(servers_, [](const auto& server) { return server->unanswered() > 0; });
  };
  for (std::size_t turn = 0; goes_on() || is_owed(); ++turn)  // waits a little at one, looks at the others
    for (std::size_t i = 0; i < servers_.size(); ++i)
      servers_[i]->poll(std::chrono::microseconds(turn % servers_.size() == i ? 200 : 0));
}

Workload::Asked Workload::choose(std::size_t user) {
  const auto below = [&](std::size_t end) { return std::size_t(random_() % end); };
  const auto& known = users_[user].known;
  const std::size_t what = below(known.empty() ? 50 : 100);
  if (what < 30) {  // one's own again, or any: a few are in greater demand
    const std::size_t any = std::min(below(seats_.size()), below(seats_.size()));
    const bool is_own = !known.empty() && below(4) == 0;
    return {.kind = Kind::hold,
            .user = user,
            .of = {.seat = is_own ? known[below(known.size())].seat : seats_[any]}};
  }
  if (what < 40) return {.kind = Kind::charge, .user = user, .amount = below(2) == 0 ? 110'000 : 170'000};
  if (what < 50) return {.kind = Kind::balance, .user = user};
  const Kind kind = what < 60 ? Kind::cancel : what < 70 ? Kind::refund : what < 85 ? Kind::pay : Kind::look;
  const Reservation& one = known[below(known.size())];
  return {.kind = kind, .user = user, .of = one.is_over ? known[below(known.size())] : one};
}

Call Workload::call_of(const Asked& asked) const {
  const Visitor& who = users_[asked.user].who;
  switch (asked.kind) {
    case Kind::hold:
      return test::hold(who, asked.of.seat);
    case Kind::cancel:
      return test::cancel(who, asked.of.id);
    case Kind::pay:
      return test::pay(who, asked.of.id);
    case Kind::refund:
      return test::refund(who, asked.of.id);
    case Kind::look:
      return get_reservation(who, asked.of.id);
    case Kind::charge:
      return test::charge(who, asked.amount);
    default:
      return get_balance(who);
  }
}

void Workload::send(std::size_t client, Asked asked) {
  const auto user = std::int64_t(options_.first_user + asked.user);
  const Key wallet{Thing::wallet, user};
  crowd::Client& server = *servers_[next_server_++ % servers_.size()];
  asked.bytes = render(server.endpoint(), call_of(asked));
  if (asked.kind == Kind::charge || asked.kind == Kind::balance) {
    asked.recorded = recorder_.invoked(client, wallet, asked.kind, asked.amount);
  } else {
    const std::int64_t argument = asked.kind == Kind::hold ? user : asked.of.id;
    asked.recorded = recorder_.invoked(client, {Thing::seat, asked.of.seat}, asked.kind, argument);
  }
  if (moves_money(asked.kind)) {
    const Kind kind = asked.kind == Kind::pay ? Kind::spend : Kind::give_back;
    asked.of_wallet = recorder_.invoked(client, wallet, kind, asked.of.price);
  }
  asked_[client] = std::move(asked);
  server.send(asked_[client].bytes, client);
}

void Workload::heard(std::size_t client, const crowd::Response& response) {
  const Asked asked = std::move(asked_[client]);
  const ApiReply reply{crowd::Reply(response)};
  const auto told = told_by(asked.kind, reply);
  recorder_.answered(asked.recorded, told);
  if (moves_money(asked.kind)) recorder_.answered(asked.of_wallet, for_wallet(told));
  ++answers_[fmt::format("{}: {}", boost::describe::enum_to_string(asked.kind, "?"), response.name())];
  if (told) learn(users_[asked.user], asked, *told, reply);
  on_free_(client, told && told->outcome != Outcome::refused);
}

void Workload::learn(User& user, const Asked& asked, const Told& told, const ApiReply& reply) {
  auto& known = user.known;
  const auto find = [&](std::int64_t id) {
    return std::ranges::find_if(known, [&](const auto& one) { return one.id == id; });
  };
  if (asked.kind == Kind::hold) {
    if (told.id == 0 || find(told.id) != known.end()) return;
    known.push_front({told.id, asked.of.seat, number(reply.data(), "price")});
    const auto oldest =
        std::find_if(known.rbegin(), known.rend(), [](const auto& one) { return one.is_over; });
    if (known.size() > kKnownMax && oldest != known.rend()) known.erase(std::prev(oldest.base()));
    return;
  }
  const bool has_ended =
      told.outcome == Outcome::done && (asked.kind == Kind::cancel || asked.kind == Kind::refund);
  const auto at = find(asked.of.id);
  if (at != known.end() && (has_ended || told.outcome == Outcome::over)) at->is_over = true;
}

}  // namespace stagedoor::test
