// Binds a route to its handler. Reads the parts of a request in the order of R-X3: first the caller, then all
// other parts, so that one answer reports all errors. Refused parts are answered here; a handler runs only
// with valid parts. What the parts read becomes the route's Inputs, for the API document (R-X8).
#pragma once

#include <tuple>
#include <utility>

#include "api/idempotency.h"
#include "api/json_body.h"
#include "api/paging.h"
#include "core/refusals.h"
#include "http/render_refusal.h"
#include "http/router.h"
#include "json/schema.h"

namespace stagedoor::api {

// The source of a part. A part is a function of Source that returns a Result. One that reads something else
// than the body has describe(Inputs&).
struct Source {
  const http::Request& request;
  UserId caller;
  std::string_view key_space = {};  // of the caller's Idempotency-Keys
};

template <class Id>
struct IdInPath {
  std::string_view name;

  Result<Id> operator()(const Source& from) const { return from.request.template id<Id>(name); }
  void describe(http::Inputs& inputs) const {
    inputs.parameters.push_back({.name = std::string(name),
                                 .description = "An id",
                                 .in = http::ParameterPlace::path,
                                 .schema = &json::schema<Id>});
  }
};
template <class Id>
IdInPath<Id> with_id(std::string_view name) {
  return {name};
}

// A user in the path; FORBIDDEN if it is another one than the caller and `must_be_caller`.
struct UserInPath {
  std::string_view name;
  bool must_be_caller = false;

  Result<UserId> operator()(const Source& from) const {
    if (must_be_caller && from.request.parameter(name) == "me") return from.caller;
    const auto user = from.request.user_id(name);
    if (user && must_be_caller && *user != from.caller)
      return refuse(Code::FORBIDDEN, "This belongs to another user.");
    return user;
  }
  void describe(http::Inputs& inputs) const {
    inputs.parameters.push_back({.name = std::string(name),
                                 .description = must_be_caller ? "The caller; me means the same" : "A user",
                                 .in = http::ParameterPlace::path,
                                 .schema = &json::schema<UserId>});
  }
};
inline UserInPath with_user(std::string_view name) { return {name}; }
// The caller, who stands in the path as well.
inline constexpr UserInPath with_owner{"userId", true};

template <class Body>
inline constexpr auto with_body = [](const Source& from) { return read_body<Body>(from.request); };

// `{}` if there is none (R-X5).
template <class Body>
inline constexpr auto with_optional_body = [](const Source& from) {
  return is_empty_body(from.request.body) && !refuse_other_type(from.request) ? Result<Body>(Body{})
                                                                              : read_body<Body>(from.request);
};

// Of a read outside the I/O thread, for http::with_etag().
inline constexpr auto with_known_tags = [](const Source& from) -> Result<std::string> {
  return std::string(from.request.header("If-None-Match"));
};

struct PageInQuery {
  Result<PageAt> operator()(const Source& from) const { return page_of(from.request); }
  void describe(http::Inputs& inputs) const {
    for (auto& parameter : page_parameters()) inputs.parameters.push_back(std::move(parameter));
  }
};
inline constexpr PageInQuery with_page;

struct KeyInHeader {
  Result<Idempotency> operator()(const Source& from) const {
    return idempotency_of(from.request, from.caller, from.key_space);
  }
  void describe(http::Inputs& inputs) const { inputs.parameters.push_back(idempotency_parameter()); }
};
inline constexpr KeyInHeader with_idempotency;

template <class Who>
UserId user_of(const Who& who) {
  if constexpr (requires { who.user(); }) return who.user();
  else return who.user;
}

template <class Who>
std::string_view key_space_of(const Who&) {
  if constexpr (requires { Who::kKeySpace; }) return Who::kKeySpace;
  else return {};
}

// What a part, or a function that finds the caller, says about itself.
template <class Part>
void describe(const Part& part, http::Inputs& inputs) {
  if constexpr (requires { part.describe(inputs); }) part.describe(inputs);
}

// handler(deps, who, parts…, reply). `who_asks(deps, request)` returns a Result of an object with a user.
template <class Deps, class Handler, class WhoAsks, class... Parts>
http::CallHandler bind(const Deps& deps, Handler handler, WhoAsks who_asks, Parts... parts) {
  http::Inputs inputs;
  describe(who_asks, inputs);
  (describe(parts, inputs), ...);
  http::Handler call = [&deps, handler, who_asks, parts...](const http::Request& request, http::Reply reply) {
    const auto who = who_asks(deps, request);
    if (!who) return reply(http::render_refusal(who.error()));
    [[maybe_unused]] const Source from{request, user_of(*who), key_space_of(*who)};
    std::tuple read{parts(from)...};
    std::apply(
        [&](auto&... part) {
          if (const auto refusal = refusal_of(part...)) return reply(http::render_refusal(*refusal));
          handler(deps, *who, std::move(*part)..., std::move(reply));
        },
        read);
  };
  return {std::move(call), std::move(inputs)};
}

// find(deps, request) -> Result<Answer>, from memory.
template <class Deps>
http::Read bind_read(const Deps& deps, Result<Answer> (*find)(const Deps&, const http::Request&)) {
  return [&deps, find](const http::Request& request) { return http::answer_of(find(deps, request)); };
}

}  // namespace stagedoor::api
