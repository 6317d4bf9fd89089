#include "http/render_refusal.h"

#include <gtest/gtest.h>

#include <boost/describe/enumerators.hpp>
#include <boost/json/parse.hpp>
#include <boost/mp11/algorithm.hpp>
#include <map>

namespace stagedoor::http {
namespace {

TEST(RenderRefusal, has_the_status_of_section_8_for_every_code) {
  const std::map<std::string, int> table = {{"INVALID_REQUEST", 400},
                                            {"INVALID_AMOUNT", 400},
                                            {"EVENT_ID_REQUIRED", 400},
                                            {"DATE_AMBIGUOUS", 400},
                                            {"TOKEN_NOT_FOUND", 401},
                                            {"TOKEN_EXPIRED", 401},
                                            {"ADMIN_KEY_INVALID", 401},
                                            {"NOT_ENOUGH_BALANCE", 402},
                                            {"WRONG_TOKEN_TURN", 403},
                                            {"WRONG_TOKEN_EVENT", 403},
                                            {"FORBIDDEN", 403},
                                            {"EVENT_NOT_FOUND", 404},
                                            {"EVENT_DATE_NOT_FOUND", 404},
                                            {"SEAT_NOT_FOUND", 404},
                                            {"RESERVATION_NOT_FOUND", 404},
                                            {"NOT_FOUND", 404},
                                            {"METHOD_NOT_ALLOWED", 405},
                                            {"SEAT_OCCUPIED", 409},
                                            {"NO_SEAT_AVAILABLE", 409},
                                            {"NO_SEATS_TOGETHER", 409},
                                            {"SEAT_LIMIT_EXCEEDED", 409},
                                            {"BOOKING_CLOSED", 409},
                                            {"EVENT_NOT_ON_SALE", 409},
                                            {"RESERVATION_ALREADY_PAID", 409},
                                            {"WRONG_RESERVATION_STATUS", 409},
                                            {"IDEMPOTENCY_MISMATCH", 409},
                                            {"BALANCE_LIMIT_EXCEEDED", 409},
                                            {"DRAW_FIXED", 409},
                                            {"TICKET_ALREADY_USED", 409},
                                            {"TICKET_REVOKED", 409},
                                            {"TICKET_NOT_FOUND", 404},
                                            {"RESERVATION_EXPIRED", 410},
                                            {"PAYLOAD_TOO_LARGE", 413},
                                            {"POLL_TOO_SOON", 429},
                                            {"RATE_LIMITED", 429},
                                            {"INTERNAL", 500},
                                            {"OVERLOADED", 503},
                                            {"STORE_UNAVAILABLE", 503},
                                            {"OUTCOME_UNKNOWN", 503}};
  std::size_t codes = 0;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<Code>>([&](auto d) {
    ++codes;
    ASSERT_TRUE(table.contains(d.name)) << d.name << " has no row";
    EXPECT_EQ(status_of(d.value), table.at(d.name)) << d.name;
    EXPECT_EQ(boost::json::parse(render_refusal({.code = d.value}).body).at("code"), d.name);
  });
  EXPECT_EQ(codes, table.size());
}

TEST(RenderRefusal, reads_as_R_X1_says) {
  const Answer answer =
      render_refusal({.code = Code::SEAT_OCCUPIED,
                      .message = "Seat \"7\" is taken",
                      .details = {{.path = "seatId", .message = "taken"}, {.path = "x", .message = "y"}}});
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.body, R"({"success":false,"code":"SEAT_OCCUPIED","message":"Seat \"7\" is taken",)"
                         R"("details":[{"path":"seatId","message":"taken"},{"path":"x","message":"y"}]})");
  EXPECT_EQ(answer.headers, "");
}

TEST(RenderRefusal, leaves_out_details_where_there_is_nothing_to_point_at) {
  EXPECT_EQ(render_refusal({.code = Code::FORBIDDEN, .message = "no"}).body,
            R"({"success":false,"code":"FORBIDDEN","message":"no"})");
}

TEST(RenderRefusal, lists_20_details_and_counts_the_others_R_X3) {
  Refusal refusal{.code = Code::INVALID_REQUEST, .message = "m", .more_details = 5};
  for (int i = 0; i < 30; ++i) refusal.details.push_back({.path = std::to_string(i), .message = "wrong"});
  const auto body = boost::json::parse(render_refusal(refusal).body).as_object();
  ASSERT_EQ(body.at("details").as_array().size(), 20u);
  EXPECT_EQ(body.at("details").as_array().back().at("path"), "19");
  EXPECT_EQ(body.at("moreDetails"), 15);
  refusal.details.resize(20);
  refusal.more_details = 0;
  EXPECT_FALSE(boost::json::parse(render_refusal(refusal).body).as_object().contains("moreDetails"));
}

TEST(RenderRefusal, adds_extra_members_and_headers) {
  const Answer answer = render_refusal({.code = Code::NOT_ENOUGH_BALANCE,
                                        .message = "m",
                                        .extra = {{"balance", "5"}, {"chargeUrl", "\"/x\""}},
                                        .headers = {{"Location", "/x"}}});
  EXPECT_EQ(answer.body,
            R"({"success":false,"code":"NOT_ENOUGH_BALANCE","message":"m","balance":5,"chargeUrl":"/x"})");
  EXPECT_EQ(answer.headers, "Location: /x\r\n");
}

TEST(RenderRefusal, never_lets_a_value_write_headers_of_its_own) {
  EXPECT_EQ(
      render_refusal({.code = Code::FORBIDDEN, .headers = {{"Location", "/x\r\nSet-Cookie: a"}}}).headers,
      "");
}

TEST(RenderRefusal, says_when_to_come_back_for_429_and_503) {
  EXPECT_EQ(render_refusal({.code = Code::OVERLOADED}).headers, "Retry-After: 1\r\n");
  EXPECT_EQ(render_refusal({.code = Code::RATE_LIMITED}).headers, "Retry-After: 1\r\n");
  EXPECT_EQ(render_refusal({.code = Code::POLL_TOO_SOON, .headers = {{"Retry-After", "7"}}}).headers,
            "Retry-After: 7\r\n");
  EXPECT_EQ(render_refusal({.code = Code::INTERNAL}).headers, "");
}

TEST(RenderRefusal, says_how_to_authenticate_R_X8) {
  const std::string scheme = "WWW-Authenticate: Bearer realm=\"stagedoor\"\r\n";
  EXPECT_EQ(render_refusal({.code = Code::TOKEN_NOT_FOUND}).headers, scheme);
  EXPECT_EQ(render_refusal({.code = Code::ADMIN_KEY_INVALID}).headers, scheme);
  EXPECT_EQ(render_refusal({.code = Code::FORBIDDEN}).headers, "");
}

struct Dto {
  std::int64_t id = 0;
};
BOOST_DESCRIBE_STRUCT(Dto, (), (id))

TEST(Ok, wraps_the_data) {
  const Answer answer = ok(201, Dto{7});
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, R"({"success":true,"data":{"id":7}})");
}

TEST(Page, puts_the_next_cursor_beside_the_data_R_X6) {
  EXPECT_EQ(page(std::vector<Dto>{{1}, {2}}, "abc").body,
            R"({"success":true,"data":[{"id":1},{"id":2}],"nextCursor":"abc"})");
  EXPECT_EQ(page(std::vector<Dto>{}, std::nullopt).body, R"({"success":true,"data":[],"nextCursor":null})");
}

TEST(Etag, matches_lists_weak_tags_and_the_star) {
  for (const char* header : {"\"a1\"", "W/\"a1\"", "\"x\", \"a1\"", "\"x\",W/\"a1\" ,\"y\"", "*"}) {
    EXPECT_TRUE(etag_matches(header, "a1")) << header;
  }
  for (const char* header : {"", "a1", "\"a2\"", "\"a1", "\"a11\"", "\"\"", ",,"}) {
    EXPECT_FALSE(etag_matches(header, "a1")) << header;
  }
}

TEST(Etag, turns_a_known_answer_into_304_also_for_shared_bytes_R_X7) {
  const auto bytes = std::make_shared<const std::string>("bytes");
  const Header headers[] = {{"If-None-Match", "\"a1\""}};
  const Answer known = with_etag({.headers = headers}, {.shared = bytes}, "a1");
  EXPECT_EQ(known.status, 304);
  EXPECT_FALSE(known.shared);
  EXPECT_EQ(known.headers, "ETag: \"a1\"\r\n");
  const Answer changed = with_etag({.headers = headers}, {.shared = bytes}, "a2");
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(changed.shared, bytes);
  EXPECT_EQ(changed.headers, "ETag: \"a2\"\r\n");
}

TEST(Etag, is_made_of_the_bytes) {
  EXPECT_EQ(content_tag("a"), content_tag("a"));
  EXPECT_NE(content_tag("a"), content_tag("b"));
}

}  // namespace
}  // namespace stagedoor::http
