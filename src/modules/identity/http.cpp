#include "modules/identity/http.h"

#include "api/bind.h"
#include "core/refusals.h"
#include "json/schema.h"
#include "json/write.h"
#include "modules/identity/who_asks.h"

namespace stagedoor::identity {

struct ClientDto {
  std::string authMode;
  std::string chargeBy;
  std::optional<EventId> defaultEvent;
  std::optional<OidcDto> oidc;

  static void refine(boost::json::object& properties) {
    properties["authMode"].as_object()["enum"] = boost::json::array{"token", "jwt", "gateway"};
    properties["chargeBy"].as_object()["enum"] = boost::json::array{"user", "operator"};
  }
};
BOOST_DESCRIBE_STRUCT(ClientDto, (), (authMode, chargeBy, defaultEvent, oidc))

struct UserDto {
  UserId userId;
};
BOOST_DESCRIBE_STRUCT(UserDto, (), (userId))

struct SessionBody {
  UserId userId;
};
BOOST_DESCRIBE_STRUCT(SessionBody, (), (userId))

struct SessionDto {
  UserId userId;
  std::string token;
  TimePoint expiresAt{};
};
BOOST_DESCRIBE_STRUCT(SessionDto, (), (userId, token, expiresAt))

namespace {

using enum http::Method;

Result<Answer> show_client(const IdentityDeps& deps, const http::Request&) {
  ClientDto dto{.authMode = deps.mode,
                .chargeBy = deps.users_may_charge ? "user" : "operator",
                .defaultEvent = {},
                .oidc = deps.oidc};
  if (deps.default_event) dto.defaultEvent = deps.default_event;
  return http::ok(200, dto);
}

http::Route client_route(const IdentityDeps& deps) {
  return {.method = GET,
          .path = "/client",
          .id = "getClient",
          .summary = "What a page has to know before the user signs in",
          .tag = "identity",
          .successes = {{.description = "How users are identified, who charges balances, the event of a join "
                                        "without eventId, and where users sign in",
                         .schema = &json::schema<ClientDto>}},
          .read = api::bind_read(deps, show_client)};
}

void show_user(const IdentityDeps&, const Caller& caller, http::Reply reply) {
  reply(http::ok(200, UserDto{caller.user}));
}

http::Route user_route(const IdentityDeps& deps) {
  return {.method = GET,
          .path = "/users/me",
          .id = "getCaller",
          .summary = "Who the caller is",
          .tag = "identity",
          .successes = {{.description = "The user", .schema = &json::schema<UserDto>}},
          .handler = api::bind(deps, show_user, by_caller)};
}

constexpr auto anybody = by<http::Access::named_user>(
    [](const IdentityDeps&, const http::Request&) -> Result<Caller> { return Caller{}; });

// Only where the user that a client names is believed.
void begin_session(const IdentityDeps& deps, const Caller&, const SessionBody& body, http::Reply reply) {
  const protocol::TokenClaims claims{{EventId{}, 0, body.userId}, deps.clock.now()};
  reply(http::ok(201,
                 SessionDto{body.userId, "Bearer " + deps.tokens.sign(claims), deps.tokens.end_of(claims)}));
}

http::Route session_route(const IdentityDeps& deps) {
  return {.method = POST,
          .path = "/sessions",
          .id = "beginSession",
          .summary = "A token that proves the user without a place in a queue; only where auth.mode is token",
          .tag = "identity",
          .body = &json::schema<SessionBody>,
          .examples = {{"session", R"({"userId":"11111111-2222-4333-8444-555555555555"})"}},
          .successes =
              {{.status = 201,
                .description = "Its token",
                .schema = &json::schema<SessionDto>,
                .links = {{"getBalance", "With the token: the balance", {{"userId", "data/userId"}}, {}}}}},
          .handler = api::bind(deps, begin_session, anybody, api::with_body<SessionBody>),
          .limit_class = http::LimitClass::join};
}

}  // namespace

void add_identity_routes(http::Router& router, const IdentityDeps& deps) {
  router.add(client_route(deps));
  router.add(user_route(deps));
  if (deps.identity.needs_name()) router.add(session_route(deps));
}

}  // namespace stagedoor::identity
