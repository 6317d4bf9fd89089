// The view of HTTP for a handler: a Request to read and a Reply to call. Knows neither sockets (connection.h)
// nor the text of refusals (render_refusal.h).
#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/describe/enum.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/answer.h"
#include "core/ids.h"
#include "core/refusal.h"
#include "core/time.h"
#include "core/uuid.h"

namespace stagedoor::http {

BOOST_DEFINE_ENUM_CLASS(Method, GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS)
inline constexpr std::size_t kMethods = 7;

std::string_view to_string(Method method);
std::optional<Method> parse_method(std::string_view text);

using IpAddress = boost::asio::ip::address;

struct Header {
  std::string_view name;
  std::string_view value;

  bool is(std::string_view other_name) const;  // case-insensitive
};

inline constexpr std::size_t kPathParametersMax = 6;

// What a route counts as for the limits of clients (client_limits.h). In the order in which an overloaded
// server refuses them (R-A4): maps first, operations never.
BOOST_DEFINE_ENUM_CLASS(LimitClass, map, join, write, poll, read, stream, payment, operation)

// Whose limits a request is subject to.
struct LimitedClient {
  std::uint64_t address = 0;  // a key of the client's address, of IPv6 the /64
  bool is_exempt = true;
  std::chrono::steady_clock::time_point at{};  // when the request arrived
};

// The user whom a verified proof of identity names.
struct ProvenUser {
  UserId user;
  TimePoint issued_at;
};

// One request, for one thread. All views are valid until the handler returns; copy anything that is needed
// longer.
struct Request {
  Method method = Method::GET;
  std::string_view path = {};       // "/events/12/dates", as sent: not percent-decoded
  std::string_view raw_query = {};  // the part after '?', as sent
  std::string_view body = {};
  std::span<const Header> headers = {};
  std::string_view request_id = {};   // the client's X-Request-Id if it is valid, else generated
  std::string_view traceparent = {};  // W3C: the caller's trace with a span id made here; empty without one
  // The client; behind a trusted proxy the address it forwards (R-A1). An IPv4 address is never in the form
  // ::ffff:a.b.c.d.
  IpAddress peer = {};
  bool is_from_proxy = false;  // a proxy of http.trusted_proxies sent it
  // The client is no trusted proxy, but sent a header such as X-Forwarded-For: it may be a proxy that
  // http.trusted_proxies does not name, with many clients behind it.
  bool has_untrusted_forward = false;

  LimitedClient client = {};
  LimitClass limit_class = LimitClass::read;  // of its route; set by the router

  // Set where the proof of identity is verified before the handler is called (modules/identity/proofs.h).
  std::optional<ProvenUser> proven = {};

  // The path's `{…}` parts in order, as sent; filled by the router.
  std::array<std::string_view, kPathParametersMax> parameters{};
  std::span<const std::string> parameter_names = {};

  // The first header of that name (case-insensitive), without surrounding blanks; empty if there is none.
  std::string_view header(std::string_view name) const;

  // The first query parameter of that name, percent-decoded ('+' is a blank). nullopt if absent; empty for
  // `?name` and `?name=`. Broken percent signs stay as they are.
  std::optional<std::string> query(std::string_view name) const;

  // A path parameter by its name in the route: as sent, never empty. "" for a name the route does not have.
  std::string_view parameter(std::string_view name) const;

  // Typed path parameters. A malformed value is INVALID_REQUEST with the path `name`; a well-formed id that
  // is too large to exist is refused with `not_found_code<Id>`.
  template <class Id>
  Result<Id> id(std::string_view name) const;
  Result<UserId> user_id(std::string_view name) const;
};

// The "not found" code of each kind of id.
template <class Id>
inline constexpr Code not_found_code = Code::NOT_FOUND;
template <>
inline constexpr Code not_found_code<EventId> = Code::EVENT_NOT_FOUND;
template <>
inline constexpr Code not_found_code<DateId> = Code::EVENT_DATE_NOT_FOUND;
template <>
inline constexpr Code not_found_code<SeatId> = Code::SEAT_NOT_FOUND;
template <>
inline constexpr Code not_found_code<ReservationId> = Code::RESERVATION_NOT_FOUND;

Result<std::int64_t> parse_path_id(std::string_view name, std::string_view text, Code not_found);

template <class Id>
Result<Id> Request::id(std::string_view name) const {
  const auto number = parse_path_id(name, parameter(name), not_found_code<Id>);
  if (!number) return number.error();
  return Id{*number};
}

// Answers one request. Move-only. Call it once, from any thread; a Reply that is destroyed without a call
// answers 500 INTERNAL. Must not outlive the Server (http/server.h).
class Reply {
 public:
  // The receiver of answers: the server's connection, or a test.
  class Sink {
   public:
    virtual void take(Answer&& answer) noexcept = 0;

   protected:
    ~Sink() = default;
  };

  explicit Reply(Sink& sink) : sink_(&sink) {}
  Reply(Reply&& other) noexcept : sink_(std::exchange(other.sink_, nullptr)) {}
  Reply& operator=(Reply&& other) noexcept {
    if (this != &other) {
      abandon();
      sink_ = std::exchange(other.sink_, nullptr);
    }
    return *this;
  }
  ~Reply() { abandon(); }

  void operator()(Answer answer) {
    if (answer.later) [[unlikely]]
      return wait_for(std::move(answer.later));
    std::exchange(sink_, nullptr)->take(std::move(answer));
  }

 private:
  void abandon() noexcept;
  void wait_for(std::shared_ptr<LaterAnswer> later);

  Sink* sink_;
};

using Handler = std::function<void(const Request&, Reply)>;
// A handler that answers from memory, at once or with an Answer::later.
using Read = std::function<Answer(const Request&)>;

}  // namespace stagedoor::http
