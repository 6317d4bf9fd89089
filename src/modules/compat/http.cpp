#include "modules/compat/http.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <string>

#include "api/bind.h"
#include "api/call.h"
#include "core/sha256.h"
#include "json/types.h"
#include "modules/wallet/http.h"

namespace stagedoor::compat {

// The names of the other API.

struct SeatBody {
  SeatId seatId;
};
BOOST_DESCRIBE_STRUCT(SeatBody, (), (seatId))

struct ChargeBody {
  Won amount;
  UserId userId;
};
BOOST_DESCRIBE_STRUCT(ChargeBody, (), (amount, userId))

struct IssuedDto {
  std::string token;
  std::string status;
};
BOOST_DESCRIBE_STRUCT(IssuedDto, (), (token, status))

struct DateDto {
  std::int64_t id = 0;
  std::int64_t totalSeats = 0;
  std::int64_t reservedSeats = 0;
  std::string open_at;
  std::string close_at;
};
BOOST_DESCRIBE_STRUCT(DateDto, (), (id, totalSeats, reservedSeats, open_at, close_at))

struct SeatDto {
  std::int64_t id = 0;
  std::string seatNumber;
  std::int64_t price = 0;
};
BOOST_DESCRIBE_STRUCT(SeatDto, (), (id, seatNumber, price))

struct HeldSeatDto {
  std::int64_t id = 0;
  bool isActive = false;
  std::string seatNumber;
};
BOOST_DESCRIBE_STRUCT(HeldSeatDto, (), (id, isActive, seatNumber))

struct HeldDto {
  std::int64_t id = 0;
  HeldSeatDto seat;
  std::string status = "PENDING";
  std::string created_at;
};
BOOST_DESCRIBE_STRUCT(HeldDto, (), (id, seat, status, created_at))

struct BalanceDto {
  std::int64_t balance = 0;
};
BOOST_DESCRIBE_STRUCT(BalanceDto, (), (balance))

struct PaidDto {
  std::string seatNumber;
  std::string concertName;
  std::string openDate;
  std::string closeDate;
  std::int64_t totalAmount = 0;
  std::string status;
};
BOOST_DESCRIBE_STRUCT(PaidDto, (), (seatNumber, concertName, openDate, closeDate, totalAmount, status))

struct ProblemDto {
  bool success = false;
  std::string message;
  std::string code;
};
BOOST_DESCRIBE_STRUCT(ProblemDto, (), (success, message, code))

namespace {

namespace bj = boost::json;

std::int64_t number(const bj::value& object, std::string_view name) {
  return object.at(name).to_number<std::int64_t>();
}
std::string text(const bj::value& object, std::string_view name) {
  const auto& value = object.at(name).as_string();
  return {value.data(), value.size()};
}

// Renders the `data` of a success.
using Render = std::function<Answer(const bj::value& data)>;

// 400 where this API tells 404 and 409 apart from it; every other status stays.
Answer other_spelling(Answer answer, const Render& render) {
  const bj::value body = bj::parse(answer.shared ? *answer.shared : answer.body);
  Answer out;
  if (answer.refusal) {
    const int own = http::status_of(*answer.refusal);
    out.status = own == 404 || own == 409 ? 400 : own;
    out.refusal = answer.refusal;
    json::write(out.body, ProblemDto{.message = text(body, "message"), .code = text(body, "code")});
  } else {
    out = render(body.at("data"));
  }
  // Retry-After, WWW-Authenticate, Idempotency-Hit; not those of the body.
  for (std::string_view rest = answer.headers; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find("\r\n") + 2);
    rest.remove_prefix(line.size());
    if (!line.starts_with("ETag:") && !line.starts_with("Cache-Control:") && !line.starts_with("Vary:"))
      out.headers += line;
  }
  return out;
}

// Passes one answer on, in the other spelling. Owns itself until then.
class Translator final : public http::Reply::Sink {
 public:
  static http::Reply reply(http::Reply to, Render render) {
    return http::Reply(*new Translator(std::move(to), std::move(render)));
  }
  void take(Answer&& answer) noexcept override {
    const std::unique_ptr<Translator> self(this);
    to_(other_spelling(std::move(answer), render_));
  }

 private:
  Translator(http::Reply to, Render render) : to_(std::move(to)), render_(std::move(render)) {}
  ~Translator() = default;
  friend std::default_delete<Translator>;

  http::Reply to_;
  Render render_;
};

// A request of this API that answers one of the other. It owns its text, because it may be sent later.
struct Inner {
  http::Method method = http::Method::GET;
  std::string path = {};
  std::string query = {};
  std::string body = {};
  // Of the request that was sent:
  std::vector<std::pair<std::string, std::string>> headers = {};
  http::IpAddress peer = {};
  http::LimitedClient client = {};

  explicit Inner(const http::Request& from) : peer(from.peer), client(from.client) {
    for (const char* name : {"Authorization", "queue-token", "Idempotency-Key"}) {
      const auto sent =
          std::ranges::find_if(from.headers, [&](const auto& header) { return header.is(name); });
      if (sent != from.headers.end()) headers.emplace_back(name, sent->value);
    }
    headers.emplace_back("Content-Type", "application/json");
  }
};

void send(const CompatDeps& deps, const Inner& inner, http::Reply reply, Render render) {
  std::vector<http::Header> headers;
  for (const auto& [name, value] : inner.headers) headers.push_back({name, value});
  http::Request request{.method = inner.method,
                        .path = inner.path,
                        .raw_query = inner.query,
                        .body = inner.body,
                        .headers = headers,
                        .peer = inner.peer,
                        .client = inner.client};
  const auto found = deps.router.find(request);
  found.route->handler(request, Translator::reply(std::move(reply), std::move(render)));
}

void refuse_with(const Refusal& refusal, http::Reply reply) {
  Translator::reply(std::move(reply), {})(http::render_refusal(refusal));
}

Result<protocol::TokenClaims> claims_of(const CompatDeps& deps, const http::Request& request) {
  return deps.tokens.check(deps.tokens.presented(request));  // the inner call counts it
}

// POST /queue/issue {userId}
void issue(const CompatDeps& deps, const http::Request& request, http::Reply reply) {
  if (const auto refusal = api::refuse_other_type(request)) return refuse_with(*refusal, std::move(reply));
  Inner inner(request);
  inner.method = http::Method::POST;
  inner.path = "/queue";
  inner.body = request.body;
  send(deps, inner, std::move(reply), [](const bj::value& data) {
    const std::string status = text(data, "status");
    const std::string token = text(data, "token");
    return http::ok(200, IssuedDto{token.substr(token.find(' ') + 1), status == "CREATED"     ? "pending"
                                                                      : status == "ACTIVATED" ? "active"
                                                                                              : "expired"});
  });
}

// GET /concert/available-dates
void dates(const CompatDeps& deps, const http::Request& request, http::Reply reply) {
  const auto claims = claims_of(deps, request);
  if (!claims) return refuse_with(claims.error(), std::move(reply));
  Inner inner(request);
  inner.path = fmt::format("/events/{}/dates", claims->event.value);
  send(deps, inner, std::move(reply), [](const bj::value& data) {
    std::vector<DateDto> dtos;
    for (const auto& date : data.as_array()) {
      const std::int64_t total = number(date, "totalSeats");
      dtos.push_back({number(date, "id"), total, total - number(date, "seatCount"), text(date, "startDate"),
                      text(date, "bookEndDate")});
    }
    return http::ok(200, dtos);
  });
}

// GET /concert/available-seats?concertScheduleId=
void seats(const CompatDeps& deps, const http::Request& request, http::Reply reply) {
  const auto claims = claims_of(deps, request);
  if (!claims) return refuse_with(claims.error(), std::move(reply));
  const auto date = http::parse_path_id("concertScheduleId", request.query("concertScheduleId").value_or(""),
                                        Code::EVENT_DATE_NOT_FOUND);
  if (!date) return refuse_with(date.error(), std::move(reply));
  Inner inner(request);
  inner.path = fmt::format("/events/properties/{}/seats", *date);
  inner.query = "status=AVAILABLE";
  send(deps, inner, std::move(reply), [](const bj::value& data) {
    std::vector<SeatDto> dtos;
    for (const auto& seat : data.at("seat").as_array()) {
      dtos.push_back({number(seat, "id"), std::to_string(number(seat, "seatNumber")),
                      number(seat.at("seatProperty"), "price")});
    }
    return http::ok(200, dtos);
  });
}

// POST /reservation {seatId}
void reserve(const CompatDeps& deps, const http::Request& request, http::Reply reply) {
  const auto claims = claims_of(deps, request);
  if (!claims) return refuse_with(claims.error(), std::move(reply));
  const auto body = api::read_body<SeatBody>(request);
  if (!body) return refuse_with(body.error(), std::move(reply));
  Inner inner(request);
  inner.method = http::Method::POST;
  inner.path = "/events/seats";
  inner.body = fmt::format(R"({{"seatId":{},"userId":"{}"}})", body->seatId.value, to_string(claims->user));
  send(deps, inner, std::move(reply), [](const bj::value& data) {
    return http::ok(200, HeldDto{.id = number(data, "id"),
                                 .seat = {.id = number(data, "seatId"),
                                          .seatNumber = std::to_string(number(data, "seatNumber"))},
                                 .created_at = text(data, "createdAt")});
  });
}

// The newest reservation of the seat by this user: the live one, if there is one.
std::optional<ReservationId> newest_of(Queries& queries, const UserId& user, SeatId seat) {
  PageAt at{.limit = 200};
  while (true) {
    const auto rows = queries.reservations_of(user, std::nullopt, at);
    const auto found = std::ranges::find(rows, seat, &Reservation::seat);
    if (found != rows.end()) return found->id;
    if (rows.size() < std::size_t(at.limit)) return std::nullopt;
    at.before = rows.back().id.value;
  }
}

Answer render_paid(const bj::value& data, const Catalogue& catalogue) {
  const EventDate* date = catalogue.date(DateId{number(data, "eventDateId")});
  return http::ok(200, PaidDto{.seatNumber = std::to_string(number(data, "seatNumber")),
                               .concertName = text(data, "eventName"),
                               .openDate = text(data, "eventDate"),
                               .closeDate = date ? to_rfc3339(date->booking.until) : "",
                               .totalAmount = number(data, "price"),
                               .status = text(data, "status")});
}

// POST /payment {seatId}
void pay(const CompatDeps& deps, const http::Request& request, http::Reply reply) {
  const auto claims = claims_of(deps, request);
  if (!claims) return refuse_with(claims.error(), std::move(reply));
  const auto body = api::read_body<SeatBody>(request);
  if (!body) return refuse_with(body.error(), std::move(reply));
  Inner inner(request);
  inner.method = http::Method::PUT;
  auto held = std::make_shared<http::Reply>(std::move(reply));
  const bool is_taken = deps.query_pool.submit(
      [held, &deps, inner, user = claims->user, seat = body->seatId](Queries& queries) mutable {
        try {
          const auto reservation = newest_of(queries, user, seat);
          if (!reservation) return refuse_with(unknown_reservation(), std::move(*held));
          inner.path = fmt::format("/events/reservations/{}/pay", reservation->value);
          send(deps, inner, std::move(*held),
               [&deps](const bj::value& data) { return render_paid(data, *deps.catalogue()); });
        } catch (const std::exception& outage) {
          log(LogLevel::error, "read failed", {{"error.message", outage.what()}});
          refuse_with(store_unavailable(), std::move(*held));
        }
      });
  if (!is_taken) refuse_with(overloaded(), std::move(*held));
}

// Whose limits count for a user whom nobody has proved: not the user's own, which others must not use up.
UserId claimed(const UserId& user) {
  const Sha256 digest = sha256("compat:" + to_string(user));
  UserId other;
  std::copy_n(digest.begin(), other.bytes.size(), other.bytes.begin());
  return other;
}

// POST /user/charge {amount, userId}
void charge(const CompatDeps& deps, const http::Request& request, http::Reply reply) {
  bool is_wrong = false;
  const auto body =
      api::read_body<ChargeBody>(request, [&](const ChargeBody& sent, json::FieldErrors& errors) {
        is_wrong = sent.amount < Won{1} || sent.amount > deps.balance_max;
        if (is_wrong) errors.add("amount", fmt::format("must be from 1 to {}", deps.balance_max.amount));
      });
  const auto key = api::idempotency_of(request, body ? body->userId : UserId{});
  if (auto refusal = refusal_of(body, key)) {
    if (is_wrong) refusal->code = Code::INVALID_AMOUNT;
    return refuse_with(*refusal, std::move(reply));
  }
  if (!deps.users_may_charge) {
    return refuse_with(refuse(Code::FORBIDDEN, "Only an operator can charge a balance."), std::move(reply));
  }
  if (deps.limits) {
    const auto limited =
        deps.limits->check_token(http::LimitClass::payment, request.client, claimed(body->userId));
    if (limited) return refuse_with(*limited, std::move(reply));
  }
  wallet::submit_charge(deps.lane, {body->userId, body->amount, deps.balance_max}, *key,
                        Translator::reply(std::move(reply), [](const bj::value& data) {
                          return http::ok(200, BalanceDto{number(data, "balance")});
                        }));
}

// GET /user/check?userId=
void check(const CompatDeps& deps, const http::Request& request, http::Reply reply) {
  const auto user = parse_uuid(request.query("userId").value_or(""));
  if (!user) return refuse_with(invalid("userId", "must be a UUID"), std::move(reply));
  api::submit_read(deps.query_pool,
                   Translator::reply(std::move(reply),
                                     [](const bj::value& data) {
                                       return http::ok(200, BalanceDto{number(data, "balance")});
                                     }),
                   [user = *user](Queries& queries) {
                     const auto wallet = queries.wallet(user);
                     return http::ok(200, BalanceDto{wallet ? wallet->balance.amount : 0});
                   });
}

}  // namespace

void add_compat_routes(http::Router& router, const CompatDeps& deps) {
  using enum http::Method;
  using http::LimitClass;
  const auto add = [&](http::Method method, const char* path, LimitClass limit_class, auto handler) {
    router.add({.method = method,
                .path = path,
                .handler = [&deps, handler](const http::Request& request,
                                            http::Reply reply) { handler(deps, request, std::move(reply)); },
                .limit_class = limit_class});
  };
  add(POST, "/queue/issue", LimitClass::join, issue);
  add(GET, "/concert/available-dates", LimitClass::read, dates);
  add(GET, "/concert/available-seats", LimitClass::map, seats);
  add(POST, "/reservation", LimitClass::write, reserve);
  add(POST, "/user/charge", LimitClass::payment, charge);
  add(GET, "/user/check", LimitClass::read, check);
  add(POST, "/payment", LimitClass::payment, pay);
}

}  // namespace stagedoor::compat
