#include "support/fake_sale.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <cstdlib>

#include "core/base64url.h"

namespace stagedoor::crowd {
namespace {

constexpr std::int64_t kPrice = 1000;
constexpr std::int64_t kPollAfterMs = 20;

std::string header_of(std::string_view head, std::string_view name) {
  const auto at = head.find(fmt::format("\r\n{}: ", name));
  if (at == std::string_view::npos) return "";
  const std::string_view rest = head.substr(at + name.size() + 4);
  return std::string(rest.substr(0, rest.find('\r')));
}

std::string success(std::string_view json, int status = 200, std::string_view headers = "") {
  return answer(status, fmt::format(R"({{"success":true,"data":{}}})", json), headers);
}

std::string refusal(int status, std::string_view code, std::string_view headers = "") {
  return answer(status, fmt::format(R"({{"success":false,"code":"{}","message":"no"}})", code), headers);
}

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

int FakeSale::seats_left() const {
  return static_cast<int>(
      std::count_if(seats_.begin(), seats_.end(), [](const Seat& seat) { return seat.holder.empty(); }));
}

std::string FakeSale::answer_to(const ScriptedServer::Request& request) {
  const std::string event = fmt::format(R"({{"id":1,"name":"Fake Night","seatCount":{}}})", seats_left());
  if (request.target == "/events/1") return success(event);
  if (request.target == "/events?status=ON_SALE") return success("[" + event + "]");
  if (options_.overloaded_every > 0 && ++asked_ % options_.overloaded_every == 0) {
    ++overloads_;
    return refusal(503, "OVERLOADED", "Retry-After: 0\r\n");
  }

  std::string user = header_of(request.head, "Authorization");  // a token here is "Bearer " and the user
  if (user.empty()) user = "Bearer " + std::string(boost::json::parse(request.body).at("userId").as_string());
  user = user.substr(7);
  if (request.target == "/queue") return queue(request, user);
  if (places_[user].left && !request.target.ends_with("/balance")) return refusal(401, "TOKEN_EXPIRED");

  const std::string key = header_of(request.head, "Idempotency-Key");
  if (remembered_.contains(key)) return remembered_[key];
  std::string said;
  if (request.target == "/events/1/dates") {
    said = success(seats_left() == 0 ? "[]"
                                     : fmt::format(R"([{{"id":5,"seatCount":{}}}])",
                                                   breaks(Rule::negative_seat_count) ? -1 : seats_left()));
  } else if (request.target == "/events/properties/5/layout") {
    said = success(fmt::format(R"({{"version":1,"firstSeatId":1,"totalSeats":{}}})", seats_.size()), 200,
                   "ETag: \"layout\"\r\n");
  } else if (request.target == "/events/properties/5/availability") {
    const std::string etag = fmt::format("\"{}\"", version_);
    if (header_of(request.head, "If-None-Match") == etag) return "HTTP/1.1 304 Same\r\n\r\n";
    said = success(fmt::format(R"({{"bits":"{}"}})", free_bits()), 200, fmt::format("ETag: {}\r\n", etag));
  } else if (request.target == "/events/seats/best") {
    said = hold_best(user, std::string(request.body));
  } else if (request.target == "/events/seats") {
    said = hold(user, std::string(request.body));
  } else if (request.target.starts_with(
                 "/events/reservations/")) {  // a reservation has the number of its seat
    const std::size_t seat = std::strtoul(request.target.data() + 21, nullptr, 10) - 1;
    if (request.method == "PUT") {
      said = pay(user, seat);
    } else {
      seats_[seat] = {};
      ++version_;
      said = success(reservation(seat, "CANCELLED"));
    }
  } else if (request.target.ends_with("/balance/charge")) {
    const auto amount = boost::json::parse(request.body).at("amount").to_number<std::int64_t>();
    said = success(fmt::format(R"({{"balance":{}}})", balances_[user] += amount));
  } else {
    const std::int64_t balance = balances_[user] - (breaks(Rule::wrong_balance) ? 1 : 0);
    return success(fmt::format(R"({{"balance":{}}})", balance));
  }
  if (!key.empty() && said.starts_with("HTTP/1.1 2")) remembered_[key] = said;
  return said;
}

std::string FakeSale::queue(const ScriptedServer::Request& request, const std::string& user) {
  const bool is_new = !places_.contains(user);
  Place& place = places_[user];
  if (request.method == "DELETE") {
    place.left = true;
    for (Seat& seat : seats_) {
      if (seat.holder == user && !seat.paid) seat = {};
    }
    ++version_;
    return success("{}");
  }
  if (request.method == "GET") {
    ++place.polls;
    if (now_ms() < place.next_poll_ms) ++polls_too_soon_;
    if (breaks(Rule::server_error)) return refusal(500, "INTERNAL");
    if (breaks(Rule::retry_after_missing) && place.polls == 1)
      return refusal(429, "POLL_TOO_SOON", "Retry-After: soon\r\n");
    if (breaks(Rule::unexpected_answer)) return refusal(401, "TOKEN_NOT_FOUND");
    if (breaks(Rule::malformed_answer)) return success(R"({"status":"CREATED"})");
  }
  place.next_poll_ms = now_ms() + kPollAfterMs;
  const bool active = place.polls >= options_.polls_before_turn;
  const int position = active ? 0 : breaks(Rule::position_grew) ? 5 + place.polls : 9 - place.polls;
  return success(fmt::format(R"({{"token":"Bearer {}","status":"{}","position":{},"pollAfterMs":{}}})", user,
                             active ? "ACTIVATED" : "CREATED", position, kPollAfterMs),
                 is_new || (request.method == "POST" && breaks(Rule::place_not_kept)) ? 201 : 200);
}

std::string FakeSale::free_bits() const {
  std::vector<std::uint8_t> bits((seats_.size() + 7) / 8);
  for (std::size_t i = 0; i < seats_.size(); ++i)
    if (seats_[i].holder.empty()) bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] | 1 << i % 8);
  return base64url_encode(bits);
}

std::string FakeSale::hold(const std::string& user, const std::string& body) {
  const auto seat =
      static_cast<std::size_t>(boost::json::parse(body).at("seatId").to_number<std::int64_t>() - 1);
  const bool broken = breaks(Rule::seat_held_twice) || breaks(Rule::seat_sold_twice);
  if (!seats_[seat].holder.empty() && !broken) return refusal(409, "SEAT_OCCUPIED");
  return success(hold_seat(user, seat), 201);
}

std::string FakeSale::hold_best(const std::string& user, const std::string& body) {
  const auto count = boost::json::parse(body).at("count").to_number<std::size_t>();
  std::size_t run = 0, largest = 0;
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    run = seats_[i].holder.empty() ? run + 1 : 0;
    largest = std::max(largest, run);
    if (run < count) continue;
    std::string rows;
    for (std::size_t seat = i + 1 - count; seat <= i; ++seat)
      rows += (rows.empty() ? "" : ",") + hold_seat(user, seat);
    return success(fmt::format(R"({{"reservations":[{}]}})", rows), 201);
  }
  return answer(409, fmt::format(R"({{"success":false,"code":"NO_SEATS_TOGETHER","largest":{}}})", largest));
}

std::string FakeSale::hold_seat(const std::string& user, std::size_t seat) {
  const bool broken = breaks(Rule::seat_held_twice) || breaks(Rule::seat_sold_twice);
  seats_[seat].holder = broken ? "" : user;
  ++version_;
  return fmt::format(R"({{"id":{},"seatId":{},"userId":"{}","price":{},"status":"RESERVED",
                              "createdAt":"2030-01-01T00:00:00.000Z","expiresAt":"2030-01-01T00:05:00.000Z"}})",
                     seat + 1, seat + 1, user, kPrice);
}

std::string FakeSale::pay(const std::string& user, std::size_t seat) {
  if (balances_[user] < kPrice)
    return refusal(402, "NOT_ENOUGH_BALANCE", "Location: /users/x/balance/charge\r\n");
  balances_[user] -= kPrice;
  seats_[seat].paid = true;
  ++paid_;
  won_ += kPrice;
  return success(reservation(seat, "PAID"));
}

std::string FakeSale::reservation(std::size_t seat, const char* status) const {
  return fmt::format(R"({{"id":{},"seatId":{},"price":{},"status":"{}"}})", seat + 1, seat + 1, kPrice,
                     status);
}

}  // namespace stagedoor::crowd
