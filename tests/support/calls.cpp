#include "support/calls.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <stdexcept>
#include <thread>

#include "crowd/client.h"
#include "crowd/endpoint.h"
#include "support/server_process.h"

namespace stagedoor::test {
namespace {

using Steady = std::chrono::steady_clock;
std::atomic<Steady::time_point> wrote_at{};  // the last answer to a write of this process

// The soft limit is often 1024.
void allow_files(std::size_t count) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= count) return;
  limit.rlim_cur = std::min<rlim_t>(count, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
}

Call get(std::string target, std::string_view token) {
  return {.method = "GET", .target = std::move(target), .token = std::string(token)};
}

}  // namespace

std::string render(const crowd::Endpoint& to, const Call& call) {
  const std::string authorization = call.token.starts_with("Bearer ") ? call.token : "Bearer " + call.token;
  crowd::Request request{.method = call.method, .target = call.target, .body = call.body};
  if (!call.token.empty()) request.headers.emplace_back("Authorization", authorization);
  if (!call.idempotency_key.empty()) request.headers.emplace_back("Idempotency-Key", call.idempotency_key);
  for (const auto& [name, value] : call.headers) request.headers.emplace_back(name, value);
  return crowd::render(to, request);
}

Call Call::with_key(std::string key) const {
  Call copy = *this;
  copy.idempotency_key = std::move(key);
  return copy;
}

Call Call::with_header(std::string name, std::string value) const {
  Call copy = *this;
  copy.headers.emplace_back(std::move(name), std::move(value));
  return copy;
}

ApiReply::ApiReply(const crowd::Reply& reply)
    : status(reply.status), body(reply.body), headers(reply.headers), error(reply.error) {
  boost::system::error_code not_json;
  json = boost::json::parse(body, not_json);
  if (not_json) json = nullptr;
}

std::string ApiReply::code() const {
  const auto* object = json.if_object();
  const auto* found = object != nullptr ? object->if_contains("code") : nullptr;
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

const boost::json::value& ApiReply::data() const {
  const auto* object = json.if_object();
  const auto* found = ok() && object != nullptr ? object->if_contains("data") : nullptr;
  if (found == nullptr)
    throw std::runtime_error(fmt::format("no data in the answer {} {}{}", status, error, body));
  return *found;
}

std::string ApiReply::header(std::string_view name) const {
  return std::string(crowd::Response{.status = status, .headers = headers}.header(name));
}

Api::Api(const std::vector<std::string>& urls) {
  for (const auto& url : urls) servers_.push_back(std::make_unique<crowd::Caller>(url));
}

ApiReply Api::send(const Call& call) {
  const bool is_read = call.method == "GET" || call.method == "HEAD";
  if (is_read && servers_.size() > 1) wait_until_heard();
  auto& server = *servers_[next_++ % servers_.size()];
  ApiReply reply(server.call_raw(render(server.endpoint(), call)));
  if (!is_read) wrote_at = Steady::now();
  if (observe) observe(call, reply);
  return reply;
}

void Api::wait_until_heard() {
  const Steady::time_point wrote = wrote_at;
  if (heard_ >= wrote) return;
  constexpr std::string_view kBehind = "\nstagedoor_store_behind_seconds ";
  for (const auto& server : servers_) {
    std::chrono::duration<double> behind{}, since_write{};
    do {
      since_write = Steady::now() - wrote;
      if (since_write > std::chrono::seconds(20))
        throw std::runtime_error("an instance does not hear the others");
      const std::string metrics = server->call({.target = "/metrics"}).body;
      const std::size_t at = metrics.find(kBehind);
      if (at == metrics.npos)
        throw std::runtime_error("one of several instances does not hear others:\n" + metrics);
      behind = std::chrono::duration<double>(std::stod(metrics.substr(at + kBehind.size())));
    } while (behind > since_write);
  }
  heard_ = Steady::now();
}

std::string user(std::uint64_t n) { return fmt::format("00000000-0000-4000-8000-{:012x}", n); }

Call join(std::string_view user, std::int64_t event) {
  return {.method = "POST",
          .target = "/queue",
          .body = event == 0 ? fmt::format(R"({{"userId":"{}"}})", user)
                             : fmt::format(R"({{"userId":"{}","eventId":{}}})", user, event)};
}
Call queue_status(std::string_view token) { return get("/queue", token); }
Call leave(std::string_view token) {
  return {.method = "DELETE", .target = "/queue", .token = std::string(token)};
}

Call list_events() { return get("/events", ""); }
Call get_event(std::int64_t event) { return get(fmt::format("/events/{}", event), ""); }
Call list_dates(std::string_view token, std::int64_t event) {
  return get(fmt::format("/events/{}/dates", event), token);
}
Call list_seats(std::string_view token, std::int64_t date) {
  return get(fmt::format("/events/properties/{}/seats", date), token);
}

Call hold(const Visitor& who, std::int64_t seat) {
  return {.method = "POST",
          .target = "/events/seats",
          .token = who.token,
          .body = fmt::format(R"({{"seatId":{},"userId":"{}"}})", seat, who.user)};
}
Call hold_all(const Visitor& who, const std::vector<std::int64_t>& seats) {
  return {.method = "POST",
          .target = "/events/seats",
          .token = who.token,
          .body = fmt::format(R"({{"seatIds":[{}],"userId":"{}"}})", fmt::join(seats, ","), who.user)};
}
Call hold_best(const Visitor& who, std::int64_t date, int count, std::string_view category) {
  const std::string named = category.empty() ? "" : fmt::format(R"("category":"{}",)", category);
  return {.method = "POST",
          .target = "/events/seats/best",
          .token = who.token,
          .body = fmt::format(R"({{"eventDateId":{},{}"count":{},"userId":"{}"}})", date, named, count,
                              who.user)};
}
Call get_reservation(const Visitor& who, std::int64_t reservation) {
  return get(fmt::format("/events/reservations/{}", reservation), who.token);
}
Call cancel(const Visitor& who, std::int64_t reservation) {
  return {
      .method = "DELETE", .target = fmt::format("/events/reservations/{}", reservation), .token = who.token};
}
Call list_reservations(const Visitor& who) {
  return get(fmt::format("/users/{}/reservations", who.user), who.token);
}

Call get_balance(const Visitor& who) { return get(fmt::format("/users/{}/balance", who.user), who.token); }
Call charge(const Visitor& who, std::int64_t amount) {
  return {.method = "PUT",
          .target = fmt::format("/users/{}/balance/charge", who.user),
          .token = who.token,
          .body = fmt::format(R"({{"amount":{}}})", amount)};
}
Call balance_history(const Visitor& who) {
  return get(fmt::format("/users/{}/balance/history", who.user), who.token);
}
Call pay(const Visitor& who, std::int64_t reservation) {
  return {
      .method = "PUT", .target = fmt::format("/events/reservations/{}/pay", reservation), .token = who.token};
}
Call pay_all(const Visitor& who, const std::vector<std::int64_t>& reservations) {
  Call call = pay(who, reservations.front());
  call.body = fmt::format(R"({{"reservationIds":[{}]}})", fmt::join(reservations, ","));
  return call;
}
Call refund(const Visitor& who, std::int64_t reservation) {
  return {.method = "POST",
          .target = fmt::format("/events/reservations/{}/refund", reservation),
          .token = who.token};
}
Call get_payment(const Visitor& who, std::int64_t payment) {
  return get(fmt::format("/payments/{}", payment), who.token);
}

Call admin(std::string_view method, std::string_view target, std::string_view body) {
  return {.method = std::string(method),
          .target = std::string(target),
          .token = std::string(kOwnerKey),
          .body = std::string(body)};
}

Visitor enter(Api& api, std::string_view user, std::int64_t event, std::chrono::milliseconds within) {
  const auto until = std::chrono::steady_clock::now() + within;
  ApiReply reply = api.send(join(user, event));
  const Visitor visitor{std::string(user), text(reply.data(), "token")};
  while (text(reply.data(), "status") != "ACTIVATED") {
    auto pause = std::chrono::milliseconds(std::min<std::int64_t>(5, number(reply.data(), "pollAfterMs")));
    do {
      if (std::chrono::steady_clock::now() + pause > until)
        throw std::runtime_error("not let in: " + reply.body);
      std::this_thread::sleep_for(pause);
      reply = api.send(queue_status(visitor.token));
      if (reply.status == 429) pause = std::chrono::milliseconds(number(reply.json, "pollAfterMs"));
    } while (reply.status == 429);
  }
  return visitor;
}

std::int64_t give_money(Api& api, const Visitor& who, std::int64_t amount) {
  return number(api.send(charge(who, amount)).data(), "balance");
}

std::vector<std::int64_t> free_seats(Api& api, const Visitor& who, std::int64_t date) {
  std::vector<std::int64_t> ids;
  const ApiReply map = api.send(list_seats(who.token, date));
  for (const auto& seat : map.data().at("seat").as_array()) {
    if (text(seat, "status") == "AVAILABLE") ids.push_back(number(seat, "id"));
  }
  return ids;
}

std::int64_t number(const boost::json::value& object, std::string_view name) {
  const auto* found = object.as_object().if_contains(name);
  if (found == nullptr || !found->is_number()) {
    throw std::runtime_error(fmt::format("no number `{}` in {}", name, boost::json::serialize(object)));
  }
  return found->to_number<std::int64_t>();
}

std::string text(const boost::json::value& object, std::string_view name) {
  const auto* found = object.as_object().if_contains(name);
  if (found == nullptr || !found->is_string()) {
    throw std::runtime_error(fmt::format("no text `{}` in {}", name, boost::json::serialize(object)));
  }
  return std::string(found->get_string());
}

std::vector<crowd::Reply> burst(const std::vector<std::string>& urls, const std::vector<Call>& calls,
                                std::size_t connections) {
  allow_files(connections + 100);
  std::vector<crowd::Reply> replies(calls.size());
  constexpr crowd::Client::Tag kOpening = ~crowd::Client::Tag{0};
  std::vector<std::unique_ptr<crowd::Client>> servers;
  for (const auto& url : urls) {
    servers.push_back(std::make_unique<crowd::Client>(
        crowd::resolve(url), crowd::Client::Options{.connections = 1 + (connections - 1) / urls.size()},
        [&](crowd::Client::Tag tag, const crowd::Response& response) {
          if (tag != kOpening) replies[tag] = crowd::Reply(response);
        }));
  }
  const auto next = [&](std::size_t i) -> crowd::Client& { return *servers[i % servers.size()]; };
  const auto poll_until_answered = [&] {
    const auto wait = std::chrono::milliseconds(servers.size() == 1 ? 100 : 1);
    const auto is_waiting = [](const auto& server) { return server->unanswered() > 0; };
    while (std::ranges::any_of(servers, is_waiting))
      for (const auto& server : servers) server->poll(is_waiting(server) ? wait : wait * 0);
  };
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < calls.size(); ++i) requests.push_back(render(next(i).endpoint(), calls[i]));
  // A call that costs nothing opens each connection, so that the real ones arrive together.
  const std::string opening = render(next(0).endpoint(), Call{.method = "GET", .target = "/healthz"});
  for (std::size_t i = 0; i < connections; ++i) next(i).send(opening, kOpening);
  poll_until_answered();
  for (std::size_t i = 0; i < requests.size(); ++i) next(i).send(requests[i], i);
  poll_until_answered();
  wrote_at = Steady::now();
  return replies;
}

std::vector<crowd::Reply> burst(std::string_view url, const std::vector<Call>& calls,
                                std::size_t connections) {
  return burst(std::vector{std::string(url)}, calls, connections);
}

std::vector<Visitor> enter_all(const std::vector<std::string>& urls, std::uint64_t first, std::size_t count,
                               std::int64_t event, std::size_t connections) {
  const auto until = Steady::now() + std::chrono::seconds(30);
  std::vector<Visitor> visitors;
  std::vector<Call> calls;
  for (std::size_t i = 0; i < count; ++i) calls.push_back(join(user(first + i), event));
  for (const crowd::Reply& reply : burst(urls, calls, connections))
    visitors.push_back({user(first + visitors.size()), text(ApiReply(reply).data(), "token")});
  calls.clear();
  for (const Visitor& visitor : visitors) calls.push_back(queue_status(visitor.token));
  const auto is_inside = [](const crowd::Reply& reply) {
    return reply.body.find(R"("status":"ACTIVATED")") != std::string::npos;
  };
  while (!std::ranges::all_of(burst(urls, calls, connections), is_inside)) {
    if (Steady::now() > until) throw std::runtime_error("not all were let in");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return visitors;
}

std::map<int, int> count_statuses(const std::vector<crowd::Reply>& replies) {
  std::map<int, int> counts;
  for (const crowd::Reply& reply : replies) ++counts[reply.status];
  return counts;
}

}  // namespace stagedoor::test
