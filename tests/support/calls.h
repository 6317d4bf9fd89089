// The API's calls as values: name one with the functions here, then send it alone (Api) or many at once
// (burst).
//
//   const Visitor fan = enter(api, user(1), 1);                     // joined and active
//   const ApiReply held = api.send(hold(fan, 7));
//   EXPECT_EQ(held.status, 201);
//   const std::int64_t id = number(held.data(), "id");
//   EXPECT_EQ(api.send(pay(fan, id)).code(), "NOT_ENOUGH_BALANCE");
//
//   std::vector<Call> calls(10'000, hold(fan, 7));
//   std::map<int, int> statuses = count_statuses(burst(server.url(), calls, 1'000));
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crowd/call.h"
#include "crowd/endpoint.h"
#include "crowd/response.h"

namespace stagedoor::test {

struct Call {
  std::string method;
  std::string target;
  std::string token = {};  // with or without the word "Bearer"; empty: no Authorization
  std::string body = {};
  std::string idempotency_key = {};
  std::vector<std::pair<std::string, std::string>> headers = {};

  Call with_key(std::string key) const;
  Call with_header(std::string name, std::string value) const;
};

struct ApiReply {
  int status = 0;           // 0: no answer, and `error` says why
  boost::json::value json;  // null when the body is empty or no JSON
  std::string body;
  std::string headers;
  std::string error;

  explicit ApiReply(const crowd::Reply& reply);
  bool ok() const { return status >= 200 && status < 300; }
  // "SEAT_OCCUPIED"; empty for a success.
  std::string code() const;
  // What stands under "data"; throws with the whole answer when this is no success.
  const boost::json::value& data() const;
  std::string header(std::string_view name) const;
};

// The bytes of the call.
std::string render(const crowd::Endpoint& to, const Call& call);

// Blocking calls over one keep-alive connection a server. Not thread-safe.
class Api {
 public:
  explicit Api(std::string_view url) : Api(std::vector{std::string(url)}) {}
  // Several instances of one sale: each call goes to the next of them, and a read waits until all have heard
  // what was written by this process.
  explicit Api(const std::vector<std::string>& urls);
  ApiReply send(const Call& call);
  // Gets every call and its answer; empty: nobody does.
  std::function<void(const Call&, const ApiReply&)> observe = {};

 private:
  void wait_until_heard();

  std::vector<std::unique_ptr<crowd::Caller>> servers_;
  std::size_t next_ = 0;
  std::chrono::steady_clock::time_point heard_{};  // all instances have heard what was written before
};

// A user and the token of their place in one event's queue.
struct Visitor {
  std::string user;
  std::string token;
};

// The UUID of test user number `n`.
std::string user(std::uint64_t n);

// Waiting room. event 0: without eventId.
Call join(std::string_view user, std::int64_t event = 0);
Call queue_status(std::string_view token);
Call leave(std::string_view token);

// Catalogue.
Call list_events();
Call get_event(std::int64_t event);
Call list_dates(std::string_view token, std::int64_t event);
Call list_seats(std::string_view token, std::int64_t date);

// Seats.
Call hold(const Visitor& who, std::int64_t seat);
Call hold_all(const Visitor& who, const std::vector<std::int64_t>& seats);
// `category` empty: any.
Call hold_best(const Visitor& who, std::int64_t date, int count, std::string_view category = "");
Call get_reservation(const Visitor& who, std::int64_t reservation);
Call cancel(const Visitor& who, std::int64_t reservation);
Call list_reservations(const Visitor& who);

// Money.
Call get_balance(const Visitor& who);
Call charge(const Visitor& who, std::int64_t amount);
Call balance_history(const Visitor& who);
Call pay(const Visitor& who, std::int64_t reservation);
Call pay_all(const Visitor& who,
             const std::vector<std::int64_t>& reservations);  // the first stands in the path
Call refund(const Visitor& who, std::int64_t reservation);
Call get_payment(const Visitor& who, std::int64_t payment);

// An operator's call with the key of server_process.h: admin("PATCH", "/admin/events/1/queue",
// R"({"people":10})").
Call admin(std::string_view method, std::string_view target, std::string_view body = "");

// Joins and asks until active: every 5 ms, or as often as told where that is too often. Throws when that
// takes longer than `within`.
Visitor enter(Api& api, std::string_view user, std::int64_t event,
              std::chrono::milliseconds within = std::chrono::seconds(30));
// Gives the user of `who` that much more and returns the balance.
std::int64_t give_money(Api& api, const Visitor& who, std::int64_t amount);
// Ids of the seats of a date that a map shows as available.
std::vector<std::int64_t> free_seats(Api& api, const Visitor& who, std::int64_t date);

// A whole number that stands under `name` in an object; throws when there is none.
std::int64_t number(const boost::json::value& object, std::string_view name);
std::string text(const boost::json::value& object, std::string_view name);

// Sends all calls over `connections` connections, opened beforehand, each carrying one call at a time; the
// answers in the order of the calls. Of several servers each gets the next call.
std::vector<crowd::Reply> burst(const std::vector<std::string>& urls, const std::vector<Call>& calls,
                                std::size_t connections);
std::vector<crowd::Reply> burst(std::string_view url, const std::vector<Call>& calls,
                                std::size_t connections);
// Lets test users number `first`, `first + 1`, … into the event, over so many connections; throws when that
// takes longer than 30 s.
std::vector<Visitor> enter_all(const std::vector<std::string>& urls, std::uint64_t first, std::size_t count,
                               std::int64_t event, std::size_t connections);
// How often each status was answered; 0 counts calls without an answer.
std::map<int, int> count_statuses(const std::vector<crowd::Reply>& replies);

}  // namespace stagedoor::test
