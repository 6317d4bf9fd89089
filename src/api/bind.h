// Binds a route to its handler. Reads the parts of a request in the order of R-X3: first the caller, then all
// other parts, so that one answer reports all errors. Refused parts are answered here; a handler runs only
// with valid parts.
#pragma once

#include <tuple>
#include <utility>

#include "api/idempotency.h"
#include "api/json_body.h"
#include "api/paging.h"
#include "http/render_refusal.h"
#include "http/router.h"

namespace stagedoor::api {

// The source of a part. A part is a function of Source that returns a Result.
struct Source {
  const http::Request& request;
  UserId caller;
};

template <class Id>
auto with_id(std::string_view name) {
  return [name](const Source& from) { return from.request.template id<Id>(name); };
}
template <class Body>
inline constexpr auto with_body = [](const Source& from) { return read_body<Body>(from.request); };
inline auto with_user(std::string_view name) {
  return [name](const Source& from) { return from.request.user_id(name); };
}
inline constexpr auto with_page = [](const Source& from) { return page_of(from.request); };
inline constexpr auto with_idempotency = [](const Source& from) {
  return idempotency_of(from.request, from.caller);
};

// handler(deps, request, reply)
template <class Deps>
http::Handler bind(const Deps& deps, void (*handler)(const Deps&, const http::Request&, http::Reply)) {
  return [&deps, handler](const http::Request& request, http::Reply reply) {
    handler(deps, request, std::move(reply));
  };
}

template <class Who>
UserId user_of(const Who& who) {
  if constexpr (requires { who.user(); }) return who.user();
  else return who.user;
}

// handler(deps, who, parts…, reply). `who_asks(deps, request)` returns a Result of an object with a user.
template <class Deps, class Handler, class WhoAsks, class... Parts>
http::Handler bind(const Deps& deps, Handler handler, WhoAsks who_asks, Parts... parts) {
  return [&deps, handler, who_asks, parts...](const http::Request& request, http::Reply reply) {
    const auto who = who_asks(deps, request);
    if (!who) return reply(http::render_refusal(who.error()));
    [[maybe_unused]] const Source from{request, user_of(*who)};
    std::tuple read{parts(from)...};
    std::apply(
        [&](auto&... part) {
          if (const auto refusal = refusal_of(part...)) return reply(http::render_refusal(*refusal));
          handler(deps, *who, std::move(*part)..., std::move(reply));
        },
        read);
  };
}

// find(deps, request) -> Result<Answer>, from memory.
template <class Deps>
http::Read bind_read(const Deps& deps, Result<Answer> (*find)(const Deps&, const http::Request&)) {
  return [&deps, find](const http::Request& request) { return http::answer_of(find(deps, request)); };
}

}  // namespace stagedoor::api
