#include "http/openapi.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "json/schema.h"

namespace stagedoor::http {
namespace {

struct HoldBody {
  SeatId seatId;
  UserId userId;
};
BOOST_DESCRIBE_STRUCT(HoldBody, (), (seatId, userId))

struct ReservationBody {
  ReservationId id;
};
BOOST_DESCRIBE_STRUCT(ReservationBody, (), (id))

void answer_nothing(const Request&, Reply reply) { reply({}); }

Router two_routes() {
  Router router;
  router.add(
      {.method = Method::POST,
       .path = "/events/seats",
       .id = "hold",
       .summary = "Hold a seat",
       .tag = "reservations",
       .body = &json::schema<HoldBody>,
       .examples = {{"one", R"({"seatId":1,"userId":"11111111-2222-4333-8444-555555555555"})"}},
       .successes = {{.status = 201,
                      .description = "Held",
                      .schema = &json::schema<ReservationBody>,
                      .links = {{"list", "All", {{"reservationId", "data/id"}}, {}}}}},
       .refusals = {Code::SEAT_OCCUPIED, Code::SEAT_LIMIT_EXCEEDED},
       .handler = {answer_nothing,
                   {.access = Access::place_token,
                    .parameters = {
                        {.name = "Idempotency-Key", .description = "key", .in = ParameterPlace::header}}}}});
  router.add(
      {.method = Method::GET,
       .path = "/users/{userId}/reservations/{reservationId}",
       .id = "list",
       .summary = "List",
       .tag = "reservations",
       .successes = {{.schema = &json::schema<ReservationBody>, .envelope = Envelope::page}, {.status = 304}},
       .handler = {answer_nothing,
                   {.access = Access::operator_key,
                    .role = "viewer",
                    .parameters = {
                        {.name = "userId", .in = ParameterPlace::path, .schema = &json::schema<UserId>}}}}});
  router.add({.method = Method::GET, .path = "/hidden", .handler = answer_nothing});
  return router;
}

TEST(OpenApi, describes_routes_bodies_answers_and_refusals_R_X8) {
  const auto document = boost::json::parse(openapi(two_routes(), "1.2.3"));
  EXPECT_EQ(document.at("openapi"), "3.1.0");
  EXPECT_EQ(document.at("info").at("version"), "1.2.3");
  const auto& paths = document.at("paths").as_object();
  EXPECT_EQ(paths.size(), 2u);
  const auto& hold = paths.at("/events/seats").at("post");
  EXPECT_EQ(hold.at("requestBody").at("content").at("application/json").at("schema").at("$ref"),
            "#/components/schemas/HoldBody");
  EXPECT_EQ(hold.at("parameters").at(0).at("in"), "header");
  const auto& responses = hold.at("responses").as_object();
  EXPECT_EQ(responses.at("409").at("description"),
            "SEAT_OCCUPIED, SEAT_LIMIT_EXCEEDED, IDEMPOTENCY_MISMATCH");
  EXPECT_TRUE(responses.contains("400") && responses.contains("500") && responses.contains("503"));
  const auto& created =
      responses.at("201").at("content").at("application/json").at("schema").at("properties");
  EXPECT_EQ(created.at("data").at("$ref"), "#/components/schemas/ReservationBody");
  const auto& list = paths.at("/users/{userId}/reservations/{reservationId}").at("get");
  EXPECT_EQ(list.at("parameters").at(0).at("schema").at("format"), "uuid");
  EXPECT_EQ(list.at("parameters").at(1).at("schema").at("type"), "integer");
  const auto& page = list.at("responses").at("200").at("content").at("application/json").at("schema");
  EXPECT_EQ(page.at("properties").at("data").at("items").at("$ref"), "#/components/schemas/ReservationBody");
  EXPECT_EQ(page.at("required"), boost::json::parse(R"(["success","data","nextCursor"])"));
  const auto& schemas = document.at("components").at("schemas").as_object();
  EXPECT_TRUE(schemas.contains("HoldBody") && schemas.contains("ReservationBody") &&
              schemas.contains("Problem"));
}

TEST(OpenApi, names_calls_proofs_headers_links_and_examples_R_X8) {
  const auto document = boost::json::parse(openapi(two_routes(), "1"));
  EXPECT_EQ(document.at("tags").as_array().size(), 1u);
  EXPECT_EQ(document.at("servers").at(0).at("url"), "/");
  const auto& hold = document.at("paths").at("/events/seats").at("post");
  EXPECT_EQ(hold.at("operationId"), "hold");
  EXPECT_EQ(hold.at("security"), boost::json::parse(R"([{"bearerToken":[]},{"queueToken":[]}])"));
  EXPECT_EQ(hold.at("requestBody")
                .at("content")
                .at("application/json")
                .at("examples")
                .at("one")
                .at("value")
                .at("seatId"),
            1);
  const auto& created = hold.at("responses").at("201");
  EXPECT_EQ(created.at("links").at("list").at("parameters").at("reservationId"), "$response.body#/data/id");
  EXPECT_EQ(created.at("content").at("application/json").at("example"),
            boost::json::parse(R"({"success":true,"data":{"id":1}})"));
  EXPECT_TRUE(created.at("headers").as_object().contains("Idempotency-Hit"));
  EXPECT_EQ(hold.at("responses").at("401").at("description"), "TOKEN_NOT_FOUND, TOKEN_EXPIRED");
  EXPECT_TRUE(hold.at("responses").at("401").at("headers").as_object().contains("WWW-Authenticate"));
  EXPECT_TRUE(hold.at("responses").at("405").at("headers").as_object().contains("Allow"));
  EXPECT_TRUE(hold.at("responses").at("429").at("headers").as_object().contains("Retry-After"));
  EXPECT_TRUE(hold.at("responses").as_object().contains("413"));
  const auto& list = document.at("paths").at("/users/{userId}/reservations/{reservationId}").at("get");
  EXPECT_EQ(list.at("security"), boost::json::parse(R"([{"operatorKey":[]}])"));
  EXPECT_EQ(list.at("description"), "Needs the role viewer.");
  EXPECT_EQ(list.at("parameters").at(2).at("name"), "If-None-Match");
  EXPECT_EQ(list.at("parameters").at(0).at("example"), "11111111-2222-4333-8444-555555555555");
  EXPECT_TRUE(list.at("responses").at("304").at("headers").as_object().contains("ETag"));
}

TEST(OpenApi, gives_the_same_bytes_for_the_same_routes) {
  EXPECT_EQ(openapi(two_routes(), "1"), openapi(two_routes(), "1"));
  EXPECT_TRUE(openapi(two_routes(), "1").ends_with("}\n"));
}

}  // namespace
}  // namespace stagedoor::http
