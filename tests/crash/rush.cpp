#include "crash/rush.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "core/time.h"
#include "crowd/client.h"
#include "crowd/endpoint.h"
#include "protocol/token_layout.h"

namespace stagedoor::test {
namespace {

constexpr std::int64_t kAmount = 110'000;

protocol::TokenClaims claims_in(std::string_view token) {
  const auto claims = protocol::unverified_claims(token.substr(std::string_view("Bearer ").size()));
  if (!claims) throw std::runtime_error("no token: " + std::string(token));
  return *claims;
}

}  // namespace

Rush::Rush(std::size_t fans, std::vector<std::int64_t> seats, unsigned seed)
    : fans_(fans), seats_(std::move(seats)), random_(seed) {
  for (std::size_t i = 0; i < fans; ++i) fans_[i].who.user = user(i + 1);
}

Call Rush::next_call(Fan& fan) {
  switch (fan.doing) {
    case Doing::join:
      return join(fan.who.user, 1);
    case Doing::wait:
      return queue_status(fan.who.token);
    case Doing::hold:
      return hold(fan.who, seats_[random_() % seats_.size()]);
    case Doing::charge:
      return charge(fan.who, kAmount);
    case Doing::pay:
      fan.was_maybe = std::exchange(holds_[fan.hold].maybe_paid, true);
      return pay(fan.who, fan.hold);
    case Doing::cancel:
      fan.was_maybe = std::exchange(holds_[fan.hold].maybe_cancelled, true);
      return cancel(fan.who, fan.hold);
    case Doing::leave:  // what is not paid is cancelled with it
      for (auto& [id, hold] : holds_)
        if (hold.user == fan.who.user) hold.maybe_cancelled = true;
      return leave(fan.who.token);
  }
  return {};
}

void Rush::was_refused(Fan& fan) {
  if (fan.doing == Doing::pay) holds_[fan.hold].maybe_paid = fan.was_maybe;
  if (fan.doing == Doing::cancel) holds_[fan.hold].maybe_cancelled = fan.was_maybe;
}

void Rush::watch(Fan& fan, const ApiReply& reply) {
  const auto note = [&](std::string_view what) {
    strange_.push_back(fmt::format("{}: {}: {} {}", fan.who.user, what, reply.status, reply.body));
  };
  if (reply.status >= 500 && reply.status != 503) note("a fault of the server");
  if (reply.code() == "TOKEN_NOT_FOUND") note("an unknown token");
  if (reply.code() == "WRONG_TOKEN_TURN") note("a turn that went back");
  if (!reply.ok() || (fan.doing != Doing::join && fan.doing != Doing::wait)) return;
  const bool is_same = fan.who.token == text(reply.data(), "token");
  const std::string status = text(reply.data(), "status");
  if (!is_same) fan.position.reset(), fan.was_inside = false;
  if (fan.was_inside && status == "CREATED") note("a turn that went back");
  fan.was_inside = fan.was_inside || status == "ACTIVATED";
  const std::int64_t position = number(reply.data(), "position");
  if (fan.position && position > *fan.position) note(fmt::format("a position that was {}", *fan.position));
  fan.position = position;
}

// Remembers what was answered and decides what the fan does next.
void Rush::heard(Fan& fan, const ApiReply& reply) {
  switch (fan.doing) {
    case Doing::join:
    case Doing::wait:
      if (!reply.ok()) {
        fan.doing = Doing::join;
        return;
      }
      fan.who.token = text(reply.data(), "token");
      tokens_[fan.who.token] = fan.who.user;
      if (text(reply.data(), "status") == "ACTIVATED") fan.doing = Doing::hold;
      else fan.doing = text(reply.data(), "status") == "EXPIRED" ? Doing::join : Doing::wait;
      return;
    case Doing::hold:
      if (reply.status == 201) {
        fan.hold = number(reply.data(), "id");
        holds_[fan.hold] = {number(reply.data(), "seatId"), fan.who.user};
        const auto roll = random_() % 10;
        fan.doing = roll < 6 ? Doing::charge : roll < 8 ? Doing::cancel : Doing::hold;
      } else if (reply.status == 401 || reply.code() == "SEAT_LIMIT_EXCEEDED") {
        fan.doing = Doing::wait;
        if (reply.status != 401) fan.doing = fan.hold ? Doing::charge : Doing::hold;
      }
      return;
    case Doing::charge:
      if (reply.ok()) charges_[number(reply.data(), "id")] = kAmount;
      fan.doing = Doing::pay;
      return;
    case Doing::pay:
      if (reply.ok()) holds_[fan.hold].payment = number(reply.data(), "paymentId");
      fan.hold = 0;
      fan.doing = random_() % 4 == 0 ? Doing::leave : Doing::join;
      return;
    case Doing::leave:
      fan.doing = Doing::join;
      return;
    case Doing::cancel:
      if (reply.ok()) holds_[fan.hold].cancelled = true;
      fan.hold = 0;
      fan.doing = Doing::hold;
      return;
  }
}

void Rush::run(std::string_view url, std::size_t answers, const std::function<void()>& kill) {
  const crowd::Endpoint to = crowd::resolve(url);
  bool is_killed = false;
  std::size_t answered = 0;
  crowd::Client* sender = nullptr;
  const auto send = [&](std::size_t i) {
    fans_[i].request = render(to, next_call(fans_[i]));
    sender->send(fans_[i].request, i);
  };
  crowd::Client client(to, {.connections = fans_.size()},
                       [&](crowd::Client::Tag tag, const crowd::Response& response) {
                         if (response.status == 0) return;  // nobody is owed anything
                         answered += fans_[tag].doing != Doing::wait;
                         heard(fans_[tag], ApiReply(crowd::Reply(response)));
                         if (answered >= answers && !is_killed) {
                           is_killed = true;
                           kill();
                         }
                         if (!is_killed) send(tag);
                       });
  sender = &client;
  for (std::size_t i = 0; i < fans_.size(); ++i) send(i);
  while (client.unanswered() > 0) client.poll(std::chrono::milliseconds(100));
}

void Rush::run_through(const std::vector<std::string>& urls, const std::function<bool()>& goes_on) {
  using Steady = std::chrono::steady_clock;
  std::vector<std::unique_ptr<crowd::Client>> clients;
  std::multimap<Steady::time_point, std::size_t> later;  // fans who wait
  std::size_t next = 0;
  const auto send = [&](std::size_t i) {
    auto& client = *clients[next++ % clients.size()];
    fans_[i].request = render(client.endpoint(), next_call(fans_[i]));
    client.send(fans_[i].request, i);
  };
  const auto on_answer = [&](crowd::Client::Tag tag, const crowd::Response& response) {
    Fan& fan = fans_[tag];
    Millis pause{0};
    if (response.status == 0) {
      pause = Millis(50);
    } else {
      const ApiReply reply{crowd::Reply(response)};
      watch(fan, reply);
      if (reply.status == 503) {
        if (reply.code() != "OUTCOME_UNKNOWN") was_refused(fan);
        pause = Millis(50);
      } else {
        heard(fan, reply);
        if (fan.doing == Doing::wait && reply.ok()) pause = Millis(number(reply.data(), "pollAfterMs"));
      }
    }
    if (pause > Millis(0)) later.emplace(Steady::now() + pause, tag);
    else if (goes_on()) send(tag);
  };
  for (const auto& url : urls) {
    clients.push_back(std::make_unique<crowd::Client>(
        crowd::resolve(url),
        crowd::Client::Options{.connections = fans_.size(), .answer_within = Millis(5000)}, on_answer));
  }
  for (std::size_t i = 0; i < fans_.size(); ++i) send(i);
  const auto is_waited_for = [&] {
    return std::ranges::any_of(clients, [](const auto& client) { return client->unanswered() > 0; });
  };
  while (goes_on() || is_waited_for()) {
    for (auto& client : clients) client->poll(std::chrono::milliseconds(1));
    while (!later.empty() && later.begin()->first <= Steady::now()) {
      const std::size_t fan = later.begin()->second;
      later.erase(later.begin());
      if (goes_on()) send(fan);
    }
  }
}

std::map<std::string, std::size_t> Rush::promised() const {
  std::map<std::string, std::size_t> counts{
      {"places", tokens_.size()}, {"holds", holds_.size()}, {"charges", charges_.size()}};
  for (const auto& [id, hold] : holds_) {
    counts["payments"] += hold.payment != 0;
    counts["cancellations"] += hold.cancelled;
  }
  return counts;
}

std::vector<std::string> Rush::broken_promises(const Stored& stored) const {
  std::vector<std::string> broken;
  for (const auto& [token, owner] : tokens_) {
    const protocol::TokenClaims claims = claims_in(token);
    const auto at = stored.places.find({claims.event.value, claims.place});
    if (at == stored.places.end() || at->second != owner)
      broken.push_back(fmt::format("the place of {} is gone", owner));
  }
  for (const auto& [id, amount] : charges_) {
    const auto at = stored.postings.find(id);
    if (at == stored.postings.end() || at->second != amount)
      broken.push_back(fmt::format("charge {} is gone", id));
  }
  for (const auto& [id, hold] : holds_) {
    const auto at = stored.reservations.find(id);
    if (at == stored.reservations.end() || at->second.seat != hold.seat || at->second.user != hold.user) {
      broken.push_back(fmt::format("hold {} is gone", id));
      continue;
    }
    const StoredReservation& row = at->second;
    const bool is_paid = row.status == "PAID";
    const bool is_cancelled = row.status == "CANCELLED";
    if (hold.payment && !(is_paid && row.payment == hold.payment))
      broken.push_back(fmt::format("the payment of {} is gone: {}", id, row.status));
    if (hold.cancelled && !is_cancelled)
      broken.push_back(fmt::format("{} is not cancelled: {}", id, row.status));
    if (is_paid && !hold.maybe_paid) broken.push_back(fmt::format("{} was paid by nobody", id));
    if (is_cancelled && !hold.maybe_cancelled)
      broken.push_back(fmt::format("{} was cancelled by nobody", id));
  }
  return broken;
}

}  // namespace stagedoor::test
