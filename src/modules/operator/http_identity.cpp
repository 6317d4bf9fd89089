// Operator calls on who is calling: the operator keys, and the end of a user's older tokens (R-O1, R-A11).
#include "json/read.h"
#include "json/schema.h"
#include "json/types.h"
#include "json/write.h"
#include "modules/operator/http_common.h"
#include "modules/operator/model.h"

namespace stagedoor::operators {

struct KeyDto {
  std::string name;
  std::string role;
  std::optional<TimePoint> lastUsedAt;  // by this instance since it started
};
BOOST_DESCRIBE_STRUCT(KeyDto, (), (name, role, lastUsedAt))

struct RevokeBody {
  json::Omitted<TimePoint> before;
};
BOOST_DESCRIBE_STRUCT(RevokeBody, (), (before))

struct RevokedDto {
  UserId userId;
  TimePoint before{};
};
BOOST_DESCRIBE_STRUCT(RevokedDto, (), (userId, before))

struct OperatorDto {
  std::string name;
  std::string role;
};
BOOST_DESCRIBE_STRUCT(OperatorDto, (), (name, role))

namespace {

void show_operator(const OperatorDeps&, const identity::Operator& who, http::Reply reply) {
  reply(http::ok(200, OperatorDto{who.name, std::string(identity::to_string(who.role))}));
}

http::Route operator_of_key_route(const OperatorDeps& deps) {
  return operator_route({.method = http::Method::GET,
                         .path = "/admin/me",
                         .id = "adminGetCaller",
                         .summary = "Whose key this is, and its role",
                         .successes = {{.description = "The operator", .schema = &json::schema<OperatorDto>}},
                         .handler = api::bind(deps, show_operator, identity::by_operator("adminGetCaller"))});
}

void list_keys(const OperatorDeps& deps, const identity::Operator&, http::Reply reply) {
  std::vector<KeyDto> dtos;
  for (const auto& key : deps.keys.list())
    dtos.push_back({key.owner.name, std::string(identity::to_string(key.owner.role)), key.last_used});
  reply(http::ok(200, dtos));
}

http::Route keys_route(const OperatorDeps& deps) {
  return operator_route(
      {.method = http::Method::GET,
       .path = "/admin/keys",
       .id = "adminListKeys",
       .summary = "The operator keys, without their secrets, and when each was last used",
       .successes = {{.description = "In the order of admin.keys. lastUsedAt: by the instance "
                                     "that answers, since it started",
                      .schema = &json::schema<std::vector<KeyDto>>}},
       .handler = api::bind(deps, list_keys, identity::by_operator("adminListKeys"))});
}

// An older revocation that reaches further stays.
void revoke(const OperatorDeps& deps, const identity::Operator& who, UserId user, const RevokeBody& body,
            Idempotency idempotency, http::Reply reply) {
  RevokeTokens order{.user = user, .before = body.before, .operator_name = who.name};
  api::submit(
      deps.lane, LaneClass::operation, std::move(idempotency), [](const View&, Keys&) {},
      [order, revocations = deps.revocations](const View&, BatchContext& context) {
        const auto current = revocations ? revocations->not_before(order.user) : std::nullopt;
        return api::answered(decide_revoke(order, current, context), [](const Revocation& row) {
          return http::ok(200, RevokedDto{row.user, row.not_before});
        });
      },
      std::move(reply));
}

http::Route revoke_route(const OperatorDeps& deps) {
  return operator_route(
      {.method = http::Method::POST,
       .path = "/admin/users/{id}/revoke",
       .id = "adminRevokeUser",
       .summary = "End all tokens of a user that were issued before a moment, on every instance",
       .body = &json::schema<RevokeBody>,
       .body_optional = true,
       .examples = {{"all until now", "{}"}, {"older ones", R"({"before":"2030-01-01T00:00:00.000Z"})"}},
       .successes = {{.description = "Since when tokens count", .schema = &json::schema<RevokedDto>}},
       .handler = api::bind(deps, revoke, identity::by_operator("adminRevokeUser"), api::with_user("id"),
                            api::with_optional_body<RevokeBody>, api::with_idempotency)});
}

}  // namespace

void add_identity_routes(http::Router& router, const OperatorDeps& deps) {
  router.add(operator_of_key_route(deps));
  router.add(keys_route(deps));
  router.add(revoke_route(deps));
}

}  // namespace stagedoor::operators
