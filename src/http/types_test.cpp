#include "http/types.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <vector>

namespace stagedoor::http {
namespace {

struct Captured final : Reply::Sink {
  std::vector<Answer> answers;
  void take(Answer&& answer) noexcept override { answers.push_back(std::move(answer)); }
};

TEST(Request, finds_a_header_whatever_its_case) {
  const Header headers[] = {{"Content-Type", "a"}, {"X-One", "1"}, {"x-one", "2"}};
  const Request request{.headers = headers};
  EXPECT_EQ(request.header("x-ONE"), "1");
  EXPECT_EQ(request.header("content-type"), "a");
  EXPECT_EQ(request.header("X-On"), "");
}

TEST(Request, decodes_query_parameters) {
  const Request request{.raw_query = "a=1&b=x%20y+z&&c&d=&e%5F=%zz%4&a=2&utf=%C3%A9"};
  EXPECT_EQ(request.query("a"), "1");
  EXPECT_EQ(request.query("b"), "x y z");
  EXPECT_EQ(request.query("c"), "");
  EXPECT_EQ(request.query("d"), "");
  EXPECT_EQ(request.query("e_"), "%zz%4");
  EXPECT_EQ(request.query("utf"), "é");
  EXPECT_EQ(request.query("absent"), std::nullopt);
  EXPECT_EQ(Request{}.query("a"), std::nullopt);
}

struct PathRequest {
  std::string name = "eventId";
  Request request;
  explicit PathRequest(std::string_view value) {
    request.parameters[0] = value;
    request.parameter_names = {&name, 1};
  }
};

TEST(PathParameter, gives_typed_ids) {
  EXPECT_EQ(PathRequest("12").request.id<EventId>("eventId").value(), EventId{12});
  EXPECT_EQ(PathRequest("9223372036854775807").request.id<SeatId>("eventId").value(),
            SeatId{9223372036854775807});
  const PathRequest user("00112233-4455-6677-8899-AABBCCDDEEFF");
  EXPECT_EQ(to_string(user.request.user_id("eventId").value()), "00112233-4455-6677-8899-aabbccddeeff");
}

TEST(PathParameter, refuses_what_is_no_id_with_its_name_R_X3) {
  for (const char* text : {"abc", "-1", "0", "00", "1.5", "0x1", "+1", "%31", " 1", "1e3"}) {
    const auto result = PathRequest(text).request.id<EventId>("eventId");
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code, Code::INVALID_REQUEST);
    EXPECT_EQ(result.error().details.at(0).path, "eventId");
  }
  EXPECT_EQ(PathRequest("me").request.user_id("eventId").error().code, Code::INVALID_REQUEST);
}

TEST(PathParameter, refuses_an_id_too_large_to_exist_with_the_code_of_its_kind) {
  const PathRequest path("9223372036854775808");
  EXPECT_EQ(path.request.id<EventId>("eventId").error().code, Code::EVENT_NOT_FOUND);
  EXPECT_EQ(path.request.id<DateId>("eventId").error().code, Code::EVENT_DATE_NOT_FOUND);
  EXPECT_EQ(path.request.id<SeatId>("eventId").error().code, Code::SEAT_NOT_FOUND);
  EXPECT_EQ(path.request.id<ReservationId>("eventId").error().code, Code::RESERVATION_NOT_FOUND);
  EXPECT_EQ(path.request.id<PaymentId>("eventId").error().code, Code::NOT_FOUND);
}

TEST(Reply, passes_the_answer_on_once) {
  Captured captured;
  {
    Reply reply(captured);
    Reply moved(std::move(reply));
    moved({.status = 201, .body = "x"});
  }
  ASSERT_EQ(captured.answers.size(), 1u);
  EXPECT_EQ(captured.answers[0].status, 201);
}

TEST(Reply, answers_internal_when_destroyed_uncalled) {
  Captured captured;
  { const Reply reply(captured); }
  ASSERT_EQ(captured.answers.size(), 1u);
  EXPECT_EQ(captured.answers[0].status, 500);
  EXPECT_NE(captured.answers[0].body.find("INTERNAL"), std::string::npos);
}

TEST(Reply, answers_internal_when_assigned_over_uncalled) {
  Captured first;
  Captured second;
  {
    Reply reply(first);
    reply = Reply(second);
    EXPECT_EQ(first.answers.size(), 1u);
    reply({.status = 200});
  }
  EXPECT_EQ(second.answers.size(), 1u);
}

TEST(Method, has_the_same_names_both_ways) {
  for (std::size_t i = 0; i < kMethods; ++i) {
    EXPECT_EQ(parse_method(to_string(static_cast<Method>(i))), static_cast<Method>(i));
  }
  EXPECT_EQ(parse_method("get"), std::nullopt);
}

}  // namespace
}  // namespace stagedoor::http
