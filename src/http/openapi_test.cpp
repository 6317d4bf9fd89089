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

void nothing(const Request&, Reply reply) { reply({}); }

Router two_routes() {
  Router router;
  router.add({.method = Method::POST,
              .path = "/events/seats",
              .summary = "Hold a seat",
              .tag = "reservation",
              .parameters = {{.name = "Idempotency-Key", .description = "key", .in = ParameterPlace::header}},
              .body = &json::schema<HoldBody>,
              .successes = {{.status = 201, .description = "Held", .schema = &json::schema<ReservationBody>}},
              .refusals = {Code::SEAT_OCCUPIED, Code::SEAT_LIMIT_EXCEEDED},
              .handler = nothing});
  router.add({.method = Method::GET,
              .path = "/users/{userId}/reservations/{reservationId}",
              .summary = "List",
              .tag = "reservation",
              .successes = {{.schema = &json::schema<ReservationBody>, .envelope = Envelope::page}},
              .handler = nothing});
  router.add({.method = Method::GET, .path = "/hidden", .handler = nothing});
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
  EXPECT_EQ(responses.at("409").at("description"), "SEAT_OCCUPIED, SEAT_LIMIT_EXCEEDED");
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

TEST(OpenApi, gives_the_same_bytes_for_the_same_routes) {
  EXPECT_EQ(openapi(two_routes(), "1"), openapi(two_routes(), "1"));
  EXPECT_TRUE(openapi(two_routes(), "1").ends_with("}\n"));
}

}  // namespace
}  // namespace stagedoor::http
