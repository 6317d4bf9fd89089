#include "crowd/journey.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/describe/enum_to_string.hpp>
#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <stdexcept>
#include <utility>

#include "core/parse_number.h"
#include "crowd/members.h"

namespace stagedoor::crowd {
namespace {

namespace json = boost::json;

constexpr double kSecondTab = 0.1;  // share of fans
constexpr double kForgetful = 0.1;  // share of fans
constexpr std::uint16_t kRacesMax = 50;
constexpr std::uint8_t kLooksMax = 3;
constexpr std::uint8_t kRetriesMax = 10;

std::string_view refusal_code(const Response& response) {
  constexpr std::string_view kCode = "\"code\":\"";
  const auto at = response.body.find(kCode);
  if (at == std::string_view::npos) return {};
  const std::string_view code = response.body.substr(at + kCode.size());
  return code.substr(0, code.find('"'));
}

// nullopt if the header is absent or not a whole number of seconds.
std::optional<Millis> retry_after(const Response& response) {
  const auto seconds = parse_number<std::uint32_t>(response.header("Retry-After"));
  if (!seconds || *seconds > 86'400) return std::nullopt;
  return Millis(*seconds * 1000);
}

std::string random_uuid(std::mt19937_64& random) {
  const std::uint64_t a = random();
  const std::uint64_t b = random();
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", a >> 32, (a >> 16) & 0xffff, a & 0xfff,
                     0x8000 | (b >> 50), b & 0xffffffffffff);
}

bool before_the_visit(Step step) {
  return step == Step::join || step == Step::join_again || step == Step::poll;
}

}  // namespace

Journey::Journey(Endpoint to, Options options, std::uint64_t seed)
    : to_(std::move(to)), options_(std::move(options)), random_(seed) {}

Fan Journey::arrive(std::uint32_t number) {
  Fan fan;
  fan.number = number;
  fan.user = random_uuid(random_);
  fan.second_tab = chance() < kSecondTab;
  fan.forgetful = chance() < kForgetful;
  const double draw = chance();
  if (draw < options_.abandon) {
    constexpr std::array kWays{Fan::Plan::leave_line, Fan::Plan::cancel_hold, Fan::Plan::leave_holding};
    fan.plan = kWays[static_cast<std::size_t>(draw / options_.abandon * kWays.size())];
  } else if (draw < options_.abandon + options_.vanish) {
    fan.plan = Fan::Plan::vanish;
  }
  ++tally_.fans[static_cast<std::size_t>(Stage::waiting)];
  ask(fan, Step::join, "POST", "/queue",
      fmt::format(R"({{"userId":"{}","eventId":{}}})", fan.user, options_.event));
  return fan;
}

Journey::Next Journey::answered(Fan& fan, const Response& response) {
  auto& counts = tally_.answers[static_cast<std::size_t>(fan.step)];
  const std::string name = response.name();
  const auto found = counts.find(name);
  found == counts.end() ? void(counts.emplace(name, 1)) : void(++found->second);
  if (response.status == 0 || response.status == 429 || response.status >= 500)
    return retry_or_fail(fan, response);
  fan.retries = 0;
  try {
    if (response.status >= 400) {
      ++tally_.refusals;
      return refused(fan, response);
    }
    return read(fan, response);
  } catch (const std::exception& error) {
    record_breach(Rule::malformed_answer, fan,
                  fmt::format("{}: {} {}", error.what(), response.status, response.body.substr(0, 300)));
    return end(fan, Stage::failed);
  }
}

std::optional<Journey::Next> Journey::interrupted(Fan& fan) {
  if (ending_) return leave(fan, Stage::sent_home);
  const bool has_nothing = before_the_visit(fan.step) || fan.step == Step::dates;
  if (sold_out_ && has_nothing && fan.held.empty()) return leave(fan, Stage::nothing_left);
  return std::nullopt;
}

Journey::Next Journey::retry_or_fail(Fan& fan, const Response& response) {
  const bool may_retry = response.status == 429 || response.status == 503;
  const bool overloaded = response.status == 503 && refusal_code(response) == "OVERLOADED";
  const auto wait = retry_after(response);
  if (may_retry && !wait) record_breach(Rule::retry_after_missing, fan, response.name());
  ++(response.status == 429 ? tally_.refusals : overloaded ? tally_.overloaded : tally_.errors);
  if (ending_) return end(fan, Stage::sent_home);
  if (response.status == 429 || overloaded) return {.after = wait.value_or(Millis(1000))};

  if (response.status >= 500)
    record_breach(Rule::server_error, fan,
                  fmt::format("{} {}", response.name(), response.body.substr(0, 300)));
  if (++fan.retries <= kRetriesMax) return {.after = wait.value_or(Millis(200 * fan.retries))};
  record_breach(Rule::not_answered, fan, response.name());
  return end(fan, Stage::failed);
}

Journey::Next Journey::refused(Fan& fan, const Response& response) {
  const std::string_view code = refusal_code(response);
  const bool sale_over = code == "EVENT_NOT_ON_SALE" || code == "BOOKING_CLOSED";
  const bool visit_over = code == "TOKEN_EXPIRED";
  switch (fan.step) {
    case Step::join:
    case Step::join_again:
      if (sale_over) return end(fan, Stage::not_on_sale);
      break;
    case Step::dates:
      if (sale_over) return leave(fan, Stage::not_on_sale);
      if (visit_over) return end(fan, Stage::too_late);
      break;
    case Step::layout:
      break;
    case Step::availability:
      if (code == "NO_SEAT_AVAILABLE") return nothing_left(fan);
      if (sale_over) return leave(fan, Stage::not_on_sale);
      if (visit_over) return end(fan, Stage::too_late);
      break;
    case Step::hold:
      if (code == "NO_SEATS_TOGETHER") return try_fewer(fan, response);
      if (code == "SEAT_OCCUPIED" && ++fan.races_lost < kRacesMax) return look_at_availability(fan);
      if (code == "SEAT_OCCUPIED" || code == "NO_SEAT_AVAILABLE") return nothing_left(fan);
      if (code == "SEAT_LIMIT_EXCEEDED" && !fan.held.empty()) return has_seats(fan);
      if (sale_over) return leave(fan, Stage::not_on_sale);
      if (visit_over) return end(fan, Stage::too_late);
      break;
    case Step::pay:
      if (code == "NOT_ENOUGH_BALANCE" && !fan.charged) {
        if (response.header("Location").empty())
          record_breach(Rule::malformed_answer, fan, "402 without Location");
        return charge(fan);
      }
      if (code == "RESERVATION_EXPIRED") return leave(fan, Stage::too_late);
      if (visit_over) return end(fan, Stage::too_late);
      break;
    case Step::leave:
      if (visit_over) return end(fan, fan.leaving_as);
      break;
    case Step::poll:
    case Step::cancel:
    case Step::charge:
    case Step::balance:
      break;
  }
  record_breach(Rule::unexpected_answer, fan,
                fmt::format("{} {}", response.status, response.body.substr(0, 300)));
  return end(fan, Stage::failed);
}

Journey::Next Journey::read(Fan& fan, const Response& response) {
  if (fan.step == Step::layout) return read_layout(fan, response);
  if (fan.step == Step::availability) return read_availability(fan, response);
  unsigned char buffer[8192];
  json::monotonic_resource memory(buffer, sizeof buffer);
  const json::value answer = json::parse(response.body, &memory);
  const json::value& data = answer.at("data");
  switch (fan.step) {
    case Step::join:
    case Step::join_again:
    case Step::poll:
      return read_place(fan, data.as_object(), response.status);
    case Step::dates:
      return read_dates(fan, data);
    case Step::hold:
      return read_holds(fan, data.as_object());
    case Step::cancel:
      if (text(data.as_object(), "status") != "CANCELLED")
        record_breach(Rule::status_went_back, fan, response.body);
      return leave(fan, Stage::abandoned);
    case Step::charge:
      fan.balance = whole(data.as_object(), "balance");
      fan.charged = true;
      return pay(fan);
    case Step::pay:
      return read_payment(fan, data.as_object());
    case Step::balance:
      if (whole(data.as_object(), "balance") != fan.balance) {
        record_breach(Rule::wrong_balance, fan, fmt::format("{} instead of {}", response.body, fan.balance));
      }
      return end(fan, Stage::paid);
    case Step::leave:
      return end(fan, fan.leaving_as);
    case Step::layout:
    case Step::availability:
      break;
  }
  return end(fan, Stage::failed);
}

Journey::Next Journey::read_place(Fan& fan, const json::object& place, int status) {
  if (fan.step == Step::join_again && status != 200)
    record_breach(Rule::place_not_kept, fan, "joining again gave a new place");
  if (fan.step != Step::poll) fan.token = text(place, "token");

  constexpr std::array<std::string_view, 3> kStatuses{"CREATED", "ACTIVATED", "EXPIRED"};
  const auto known = std::find(kStatuses.begin(), kStatuses.end(), text(place, "status"));
  if (known == kStatuses.end()) throw std::runtime_error("unknown status");
  const auto now = static_cast<int>(known - kStatuses.begin());
  if (now < fan.place_status) {
    record_breach(Rule::status_went_back, fan,
                  fmt::format("{} after {}", *known, kStatuses[static_cast<std::size_t>(fan.place_status)]));
  }
  fan.place_status = now;
  if (place.at("position").is_number()) {
    const std::int64_t position = whole(place, "position");
    if (fan.position >= 0 && position > fan.position) {
      record_breach(Rule::position_grew, fan, fmt::format("from {} to {}", fan.position, position));
    }
    fan.position = position;
  }
  if (place.at("pollAfterMs").is_number())
    fan.poll_after = Millis(std::max<std::int64_t>(10, whole(place, "pollAfterMs")));
  const json::value* nothing = place.if_contains("soldOut");
  if (options_.on_place) {
    PlaceAnswer seen{.waits = now == 0, .poll_after = fan.poll_after};
    if (fan.step != Step::poll) seen.token = fan.token;
    if (place.at("position").is_number()) seen.position = whole(place, "position");
    if (now == 1) seen.activated_at = instant(place, "activatedAt");
    options_.on_place(fan, seen);
  }

  if (std::exchange(fan.second_tab, false)) {
    const std::string body = fmt::format(R"({{"userId":"{}","eventId":{}}})", fan.user, options_.event);
    return ask(fan, Step::join_again, "POST", "/queue", body);
  }
  if (now == 2) return end(fan, Stage::too_late);
  if (now == 1) {
    move_to(fan, Stage::active);
    return fan.plan == Fan::Plan::leave_line ? leave(fan, Stage::abandoned) : look_at_dates(fan);
  }
  if (sold_out_ || (nothing != nullptr && *nothing == true)) return leave(fan, Stage::nothing_left);
  if (fan.plan == Fan::Plan::leave_line && fan.step == Step::poll) return leave(fan, Stage::abandoned);
  Next next = ask(fan, Step::poll, "GET", "/queue");
  if (fan.step == Step::poll) next.after = fan.poll_after;
  return next;
}

Journey::Next Journey::has_seats(Fan& fan) {
  switch (fan.plan) {
    case Fan::Plan::vanish:
      return end(fan, Stage::vanished);
    case Fan::Plan::leave_holding:
      return leave(fan, Stage::abandoned);
    case Fan::Plan::cancel_hold:
      seats_.release(fan.held.front().seat, fan.number);
      return ask(fan, Step::cancel, "DELETE",
                 fmt::format("/events/reservations/{}", fan.held.front().reservation));
    case Fan::Plan::leave_line:
    case Fan::Plan::buy:
      break;
  }
  Next next = fan.forgetful ? pay(fan) : charge(fan);
  next.after += thinking();
  return next;
}

Journey::Next Journey::read_payment(Fan& fan, const json::object& reservation) {
  const Fan::Held& held = fan.held[fan.paid];
  if (text(reservation, "status") != "PAID") record_breach(Rule::status_went_back, fan, "paid, but not PAID");
  if (whole(reservation, "id") != held.reservation || whole(reservation, "seatId") != held.seat ||
      whole(reservation, "price") != held.price) {
    throw std::runtime_error("not the reservation that was paid for");
  }
  if (!seats_.sell(held.seat, fan.number))
    record_breach(Rule::seat_sold_twice, fan, fmt::format("seat {}", held.seat));
  ++fan.paid;
  ++tally_.seats_paid;
  tally_.won_paid += held.price;
  fan.balance -= held.price;
  if (fan.paid < fan.held.size()) return pay(fan);
  return ask(fan, Step::balance, "GET", fmt::format("/users/{}/balance", fan.user));
}

// What to do next

Journey::Next Journey::ask(Fan& fan, Step step, std::string_view method, std::string_view target,
                           std::string_view body) {
  if (ending_ && !fan.token.empty() && step != Step::leave && step != Step::balance)
    return leave(fan, Stage::sent_home);
  fan.step = step;
  std::string key;
  Request request{.method = method, .target = target, .body = body};
  if (!fan.token.empty()) request.headers.emplace_back("Authorization", fan.token);
  if (step == Step::layout) request.headers.emplace_back("Accept-Encoding", "gzip");
  if (step == Step::availability && !fan.availability_etag.empty())
    request.headers.emplace_back("If-None-Match", fan.availability_etag);
  if (method != "GET" && !before_the_visit(step)) {
    key = fmt::format("{}-{}", fan.user, fan.keys_used++);
    request.headers.emplace_back("Idempotency-Key", key);
  }
  fan.request = render(to_, request);
  return {};
}

Journey::Next Journey::charge(Fan& fan) {
  std::int64_t total = 0;
  for (const Fan::Held& held : fan.held) total += held.price;
  if (total == 0) {
    fan.charged = true;
    return pay(fan);
  }
  return ask(fan, Step::charge, "PUT", fmt::format("/users/{}/balance/charge", fan.user),
             fmt::format(R"({{"amount":{}}})", total));
}

Journey::Next Journey::pay(Fan& fan) {
  return ask(fan, Step::pay, "PUT",
             fmt::format("/events/reservations/{}/pay", fan.held[fan.paid].reservation));
}

Journey::Next Journey::nothing_left(Fan& fan) {
  if (!fan.held.empty()) return has_seats(fan);
  if (sold_out_ || ++fan.looks > kLooksMax || fan.races_lost >= kRacesMax)
    return leave(fan, Stage::nothing_left);
  Next next = look_at_dates(fan);
  next.after += options_.look_again;
  return next;
}

Journey::Next Journey::leave(Fan& fan, Stage as) {
  fan.leaving_as = as;
  for (std::size_t i = fan.paid; i < fan.held.size(); ++i) seats_.release(fan.held[i].seat, fan.number);
  return fan.token.empty() ? end(fan, as) : ask(fan, Step::leave, "DELETE", "/queue");
}

Journey::Next Journey::end(Fan& fan, Stage as) {
  move_to(fan, as);
  const std::uint32_t number = fan.number;
  fan = Fan();  // frees the memory: a rehearsal may have a million fans
  fan.number = number;
  fan.stage = as;
  return {.over = true};
}

void Journey::move_to(Fan& fan, Stage stage) {
  --tally_.fans[static_cast<std::size_t>(fan.stage)];
  ++tally_.fans[static_cast<std::size_t>(stage)];
  fan.stage = stage;
}

Millis Journey::thinking() {
  return Millis(static_cast<std::int64_t>(static_cast<double>(options_.think.count()) * (0.5 + chance())));
}

void Journey::record_breach(Rule rule, const Fan& fan, std::string_view what) {
  breaches_.add(rule, fmt::format("fan {} ({}), {}: {}", fan.number, fan.user,
                                  boost::describe::enum_to_string(fan.step, "?"), what));
}

}  // namespace stagedoor::crowd
