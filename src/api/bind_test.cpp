// The order in which the parts of a request are read (R-X3).
#include "api/bind.h"

#include <gmock/gmock.h>

namespace stagedoor::api {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct Who {
  UserId user;
};

struct Note {
  std::int64_t number = 0;
};
BOOST_DESCRIBE_STRUCT(Note, (), (number))

struct Optional {
  std::optional<std::int64_t> number;
};
BOOST_DESCRIBE_STRUCT(Optional, (), (number))

struct Deps {
  std::optional<Refusal> unknown_caller;
  mutable int handled = 0;
};

struct Answers final : http::Reply::Sink {
  void take(Answer&& answer) noexcept override { answers.push_back(std::move(answer)); }
  std::vector<Answer> answers;
};

Result<Who> who_asks(const Deps& deps, const http::Request&) {
  if (deps.unknown_caller) return *deps.unknown_caller;
  Who who;
  who.user.bytes[0] = 1;
  return who;
}

void note(const Deps& deps, const Who& who, const Note& body, PageAt at, const Idempotency& key,
          http::Reply reply) {
  ++deps.handled;
  EXPECT_EQ(key.user, who.user);
  reply({.body = std::to_string(body.number) + " " + std::to_string(at.limit) + " " + key.key});
}

struct Bind : testing::Test {
  Answer call(std::string_view body, std::string_view query, std::string_view key,
              std::string_view type = "application/json") {
    const http::Header headers[] = {{"Idempotency-Key", key}, {"content-type", type}};
    const http::Request request{
        .method = http::Method::POST, .path = "/x", .raw_query = query, .body = body, .headers = headers};
    Answers sink;
    bind(deps, note, who_asks, with_body<Note>, with_page, with_idempotency)(request, http::Reply(sink));
    EXPECT_EQ(sink.answers.size(), 1U);
    return sink.answers.front();
  }
  Deps deps;
};

TEST_F(Bind, gives_the_handler_every_part) {
  EXPECT_EQ(call(R"({"number":7})", "limit=3", "k").body, "7 3 k");
}

TEST_F(Bind, tells_the_errors_of_all_parts_in_one_answer) {
  const Answer answer = call(R"({"number":"x"})", "limit=0", std::string(256, 'k'));
  EXPECT_EQ(answer.refusal, Code::INVALID_REQUEST);
  EXPECT_THAT(answer.body, AllOf(HasSubstr(R"("path":"number")"), HasSubstr(R"("path":"limit")"),
                                 HasSubstr(R"("path":"Idempotency-Key")")));
  EXPECT_EQ(deps.handled, 0);
}

// R-X5: what a store would refuse does not reach it.
TEST_F(Bind, takes_keys_of_visible_ascii_characters_only) {
  EXPECT_EQ(call(R"({"number":7})", "", "!~").body, "7 50 !~");
  EXPECT_EQ(call(R"({"number":7})", "", std::string(255, '~')).status, 200);
  for (const std::string& key :
       {std::string(), std::string(256, 'k'), std::string("\xff"), std::string("k\x80"), std::string("a b"),
        std::string("k\x7f"), std::string("\0", 1)}) {
    const Answer answer = call(R"({"number":7})", "", key);
    EXPECT_EQ(answer.status, 400) << key;
    EXPECT_THAT(answer.body, HasSubstr(R"("path":"Idempotency-Key")"));
  }
  EXPECT_EQ(deps.handled, 2);
}

TEST_F(Bind, takes_a_body_only_as_json_R_X3) {
  for (const char* type : {"application/json", "Application/JSON; charset=utf-8", "application/json ;a=b"})
    EXPECT_EQ(call(R"({"number":7})", "", "k", type).status, 200) << type;
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
                           "application/jsonp", "text/plain; application/json"}) {
    const Answer answer = call(R"({"number":7})", "limit=0", "k", type);
    EXPECT_EQ(answer.refusal, Code::INVALID_REQUEST) << type;
    EXPECT_THAT(answer.body, AllOf(HasSubstr(R"("path":"Content-Type")"), HasSubstr(R"("path":"limit")")));
  }
}

// R-X5: a call that needs no body takes none, blanks and {} for the same.
TEST_F(Bind, an_optional_body_may_be_absent_empty_or_an_empty_object) {
  for (const char* body : {"", " \n", "{}", " { } "}) {
    EXPECT_TRUE(is_empty_body(body)) << body;
    const http::Header type{"content-type", "application/json"};
    const http::Request request{
        .method = http::Method::POST, .path = "/x", .body = body, .headers = {&type, 1}};
    EXPECT_TRUE(with_optional_body<Optional>(Source{request, {}})) << body;
  }
  for (const char* body : {"{", "[]", "{}{}", "null", R"({"number":1})"})
    EXPECT_FALSE(is_empty_body(body)) << body;
  const http::Request request{.method = http::Method::POST, .path = "/x", .body = "{}"};
  EXPECT_FALSE(with_optional_body<Optional>(Source{request, {}})) << "of no type";
}

// R-X5
TEST_F(Bind, keys_are_compared_with_the_request_they_were_used_for) {
  const auto hash_of = [](http::Method method, std::string_view path, std::string_view body) {
    const http::Header key{"Idempotency-Key", "k"};
    return idempotency_of({.method = method, .path = path, .body = body, .headers = {&key, 1}}, {})
        ->request_hash;
  };
  const auto first = hash_of(http::Method::POST, "/x", "");
  EXPECT_EQ(hash_of(http::Method::POST, "/x", " {} "), first);
  EXPECT_NE(hash_of(http::Method::POST, "/x", R"({"number":1})"), first);
  EXPECT_NE(hash_of(http::Method::POST, "/y", ""), first);
  EXPECT_NE(hash_of(http::Method::PUT, "/x", ""), first);
  // Where the token names what is changed, the place counts as well.
  const auto of_place = [&](std::int64_t event, Place place) {
    return with_place({{}, "k", first}, {{event}, place, {}}).request_hash;
  };
  EXPECT_EQ(of_place(1, 7), of_place(1, 7));
  EXPECT_NE(of_place(1, 7), of_place(1, 8));
  EXPECT_NE(of_place(1, 7), of_place(2, 7));
  EXPECT_EQ(with_place({{}, "", ""}, {{1}, 7, {}}).request_hash, "") << "no key";
}

// R-E2: for the events of its command, with a key and without.
TEST_F(Bind, the_trace_of_a_request_goes_with_its_key) {
  const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const http::Header key{"Idempotency-Key", "k"};
  const http::Request with_key{.path = "/x", .headers = {&key, 1}, .traceparent = trace};
  EXPECT_EQ(idempotency_of(with_key, {})->trace.text(), trace);
  EXPECT_EQ(idempotency_of(with_key, {}, "operator ")->trace.text(), trace);
  EXPECT_EQ(with_place(*idempotency_of(with_key, {}), {{1}, 7, {}}).trace.text(), trace);
  EXPECT_EQ(idempotency_of({.path = "/x", .traceparent = trace}, {})->trace.text(), trace);
  EXPECT_EQ(idempotency_of({.path = "/x"}, {})->trace.text(), "");
}

// R-X5: no user can name a key of an operator.
TEST_F(Bind, keys_of_operators_are_in_a_space_of_their_own) {
  const http::Header key{"Idempotency-Key", "k"};
  const http::Request request{.path = "/x", .headers = {&key, 1}};
  const std::string of_operator = idempotency_of(request, {}, "operator ")->key;
  EXPECT_NE(of_operator, idempotency_of(request, {})->key);
  const http::Header copied{"Idempotency-Key", of_operator};
  EXPECT_FALSE(idempotency_of({.path = "/x", .headers = {&copied, 1}}, {}));
}

// R-X3, R-W5
TEST(RefusalOf, has_the_faults_of_all_parts_and_no_other_refusal_beside_them) {
  const Result<int> good = 1;
  const Result<int> body = invalid("x", "is not a known field");
  const Result<int> path = invalid("id", "must be an id");
  const Result<int> amount = Refusal{.code = Code::INVALID_AMOUNT, .details = {{"amount", "must be from 1"}}};
  const Result<int> foreign = refuse(Code::FORBIDDEN, "This belongs to another user.");
  EXPECT_FALSE(refusal_of(good, good));
  EXPECT_EQ(refusal_of(good, foreign)->code, Code::FORBIDDEN);
  EXPECT_EQ(refusal_of(foreign, body)->code, Code::INVALID_REQUEST);
  EXPECT_EQ(refusal_of(path, foreign, body)->details.size(), 2U);
  EXPECT_EQ(refusal_of(path, body, amount)->code, Code::INVALID_AMOUNT);
  EXPECT_EQ(refusal_of(path, amount, body)->details.size(), 3U);
}

TEST_F(Bind, looks_for_errors_only_when_the_caller_is_known) {
  deps.unknown_caller = Refusal{.code = Code::TOKEN_NOT_FOUND, .message = "who?"};
  const Answer answer = call("no json", "limit=0", "k");
  EXPECT_EQ(answer.refusal, Code::TOKEN_NOT_FOUND);
  EXPECT_THAT(answer.body, Not(HasSubstr("limit")));
  EXPECT_EQ(deps.handled, 0);
}

}  // namespace
}  // namespace stagedoor::api
