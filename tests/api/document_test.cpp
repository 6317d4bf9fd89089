// R-X8: the API document says of every call what a client has to know, and the calls do as it says. In this
// process: api_test.h holds the answers of real servers to the document.
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <functional>
#include <set>

#include "adapters/memory/memory_store.h"
#include "http/openapi.h"
#include "support/api_document.h"
#include "support/catalogue.h"
#include "support/world.h"

namespace stagedoor::test {
namespace {

namespace bj = boost::json;
using testing::Contains;
using testing::Not;

struct Operation {
  std::string path;
  std::string method;
  const bj::object& json;

  std::string id() const { return text("operationId"); }
  std::string text(std::string_view name) const {
    const auto* found = json.if_contains(name);
    return found && found->is_string() ? std::string(found->as_string()) : "";
  }
  const bj::array& security() const { return json.at("security").as_array(); }
  const bj::object& responses() const { return json.at("responses").as_object(); }
  const bj::object* parameter(std::string_view name) const {
    const auto* all = json.if_contains("parameters");
    if (!all) return nullptr;
    for (const auto& parameter : all->as_array()) {
      if (test::text(parameter, "name") == name) return &parameter.as_object();
    }
    return nullptr;
  }
  // The schema of its JSON body; null if it has none.
  const bj::object* body() const {
    const auto* body = json.if_contains("requestBody");
    return body ? &body->at("content").at("application/json").as_object() : nullptr;
  }
  bool is_operators() const {
    return security().size() == 1 && security()[0].as_object().contains("operatorKey");
  }
};

class Document : public testing::Test {
 protected:
  Document() { world.import(club_night()); }

  void for_each(const std::function<void(const Operation&)>& check) {
    for (const auto& [path, methods] : document.json().at("paths").as_object()) {
      for (const auto& [method, json] : methods.as_object()) {
        const Operation operation{std::string(path), std::string(method), json.as_object()};
        SCOPED_TRACE(operation.method + " " + operation.path);
        check(operation);
      }
    }
  }
  Operation operation(std::string_view id) {
    for (const auto& [path, methods] : document.json().at("paths").as_object()) {
      for (const auto& [method, json] : methods.as_object()) {
        if (test::text(json, "operationId") == id)
          return {std::string(path), std::string(method), json.as_object()};
      }
    }
    throw std::runtime_error("no operation " + std::string(id));
  }
  const bj::value& header(std::string_view name) {
    return document.json().at("components").at("headers").at(name);
  }

  // Its call with the examples of the document.
  Call call(const Operation& operation, std::string_view token) {
    Call call{.method = operation.method, .target = operation.path, .token = std::string(token)};
    std::ranges::transform(call.method, call.method.begin(), [](char c) { return char(c & ~0x20); });
    for (auto begin = call.target.find('{'); begin != call.target.npos; begin = call.target.find('{')) {
      const auto end = call.target.find('}', begin);
      const auto* parameter = operation.parameter(call.target.substr(begin + 1, end - begin - 1));
      const bj::value example = parameter ? parameter->at("example") : bj::value("?");
      call.target.replace(begin, end + 1 - begin,
                          example.is_string() ? std::string(example.as_string()) : bj::serialize(example));
    }
    if (const auto* body = operation.body())
      call.body = bj::serialize(body->at("examples").as_object().begin()->value().at("value"));
    return call;
  }
  // The answer; a call that waits for a reader of the store, of whom there is none here, has status 0.
  ApiReply send(const Call& call) {
    const PendingPtr pending = world.send(call);
    world.run();
    return pending->is_answered() ? pending->reply() : ApiReply(crowd::Reply());
  }
  // Proves the caller where the operation asks for it.
  std::string proof_for(const Operation& operation) {
    return operation.is_operators() ? std::string(kOwnerKey) : world.enter(++last_user_).token;
  }

  memory::MemoryStore store;
  ManualClock clock{*parse_rfc3339("2030-01-01T00:00:00Z")};
  World world{store.ports(), clock};
  ApiDocument document{bj::parse(http::openapi(world.router(), "1"))};

 private:
  std::uint64_t last_user_ = 0;
};

TEST_F(Document, names_describes_and_groups_every_call_R_X8) {
  std::set<std::string> ids, tags;
  for (const auto& tag : document.json().at("tags").as_array()) {
    EXPECT_FALSE(tag.at("description").as_string().empty());
    tags.insert(std::string(tag.at("name").as_string()));
  }
  std::size_t calls = 0;
  for_each([&](const Operation& operation) {
    ++calls;
    EXPECT_FALSE(operation.id().empty());
    EXPECT_TRUE(ids.insert(operation.id()).second) << "two calls are named " << operation.id();
    EXPECT_FALSE(operation.text("summary").empty());
    EXPECT_THAT(tags, Contains(std::string(operation.json.at("tags").at(0).as_string())));
    EXPECT_TRUE(operation.json.contains("security"));
  });
  EXPECT_GE(calls, 42U);
  EXPECT_FALSE(document.json().at("servers").as_array().empty());
  const auto& schemes = document.json().at("components").at("securitySchemes").as_object();
  for (const char* scheme : {"bearerToken", "queueToken", "urlToken", "operatorKey"})
    EXPECT_TRUE(schemes.contains(scheme)) << scheme;
}

TEST_F(Document, names_the_statuses_and_headers_of_every_call_R_X8) {
  for_each([&](const Operation& operation) {
    for (const char* status : {"400", "405", "413", "429", "500", "503"})
      EXPECT_TRUE(operation.responses().contains(status)) << status;
    EXPECT_EQ(operation.responses().contains("401"), !operation.security().empty());
    for (const auto& [status, response] : operation.responses()) {
      SCOPED_TRACE(std::string(status));
      EXPECT_FALSE(response.at("description").as_string().empty());
      const auto& headers = response.at("headers").as_object();
      EXPECT_TRUE(headers.contains("X-Request-Id"));
      EXPECT_EQ(headers.contains("WWW-Authenticate"), status == "401");
      EXPECT_EQ(headers.contains("Allow"), status == "405");
      EXPECT_EQ(headers.contains("Retry-After"), status == "429" || status == "503");
      if (status == "304") {
        EXPECT_TRUE(headers.contains("ETag"));
      }
      for (const auto& [name, unused] : headers)
        EXPECT_FALSE(header(name).at("description").as_string().empty());
    }
    EXPECT_EQ(operation.responses().contains("304"), operation.parameter("If-None-Match") != nullptr);
    if (operation.parameter("Idempotency-Key")) {
      EXPECT_THAT(std::string(operation.responses().at("409").at("description").as_string()),
                  testing::HasSubstr("IDEMPOTENCY_MISMATCH"));
    }
  });
}

TEST_F(Document, has_examples_that_fit_its_schemas_R_X8) {
  std::size_t examples = 0;
  const auto expect_fit = [&](const bj::value& schema, const bj::value& example) {
    ++examples;
    EXPECT_EQ(document.mismatch(schema, example), "") << bj::serialize(example);
  };
  for_each([&](const Operation& operation) {
    if (const auto* body = operation.body()) {
      EXPECT_FALSE(body->at("examples").as_object().empty());
      for (const auto& [name, example] : body->at("examples").as_object())
        expect_fit(body->at("schema"), example.at("value"));
    }
    if (const auto* parameters = operation.json.if_contains("parameters")) {
      for (const auto& parameter : parameters->as_array()) {
        EXPECT_EQ(parameter.at("required").as_bool(), parameter.as_object().contains("example"));
        if (parameter.at("required").as_bool()) expect_fit(parameter.at("schema"), parameter.at("example"));
      }
    }
    for (const auto& [status, response] : operation.responses()) {
      const auto* content = response.as_object().if_contains("content");
      if (!content || status.front() != '2') continue;
      for (const auto& [type, media] : content->as_object()) {
        if (type == "text/event-stream") continue;
        expect_fit(media.at("schema"), media.at("example"));
      }
    }
  });
  EXPECT_GE(examples, 90U);
}

TEST_F(Document, calls_ask_for_the_proof_that_it_names_R_X8) {
  const std::string fan = world.enter(1).token;
  for_each([&](const Operation& operation) {
    const auto is_refused = [&](std::string_view token) {
      const ApiReply reply = send(call(operation, token));
      return reply.code() == "TOKEN_NOT_FOUND" || reply.code() == "ADMIN_KEY_INVALID";
    };
    const auto is_nothing = [](const auto& proofs) { return proofs.as_object().empty(); };
    const bool needs_proof =
        !operation.security().empty() && std::ranges::none_of(operation.security(), is_nothing);
    EXPECT_EQ(is_refused(""), needs_proof);
    EXPECT_EQ(is_refused(operation.is_operators() ? fan : std::string(kOwnerKey)), needs_proof);
    // Their examples name another user than the token.
    const bool is_hold = operation.id() == "holdSeats" || operation.id() == "holdBestSeats";
    if (!is_hold) {
      EXPECT_FALSE(is_refused(proof_for(operation)));
    }
  });
}

TEST_F(Document, a_call_takes_an_idempotency_key_where_it_says_so_R_X5_R_X8) {
  std::size_t takers = 0;
  for_each([&](const Operation& operation) {
    const ApiReply reply = send(call(operation, proof_for(operation)).with_key("not a key"));
    const bool reads_key = reply.body.find("\"path\":\"Idempotency-Key\"") != std::string::npos;
    EXPECT_EQ(reads_key, operation.parameter("Idempotency-Key") != nullptr) << reply.body;
    takers += reads_key;
  });
  EXPECT_GE(takers, 20U);
  EXPECT_EQ(operation("joinQueue").parameter("Idempotency-Key"), nullptr) << "a token is never stored";
}

TEST_F(Document, calls_take_the_examples_of_their_bodies) {
  const std::string fan = world.enter(1).token;  // before an example closes the event
  for_each([&](const Operation& operation) {
    if (!operation.body()) return;
    for (const auto& [name, example] : operation.body()->at("examples").as_object()) {
      Call with_example = call(operation, operation.is_operators() ? std::string(kOwnerKey) : fan);
      with_example.body = bj::serialize(example.at("value"));
      const ApiReply reply = send(with_example);
      EXPECT_NE(reply.status, 400) << reply.body;
    }
  });
}

// Join, status, hold, pay: each call says where the next one takes its values from.
TEST_F(Document, links_lead_from_the_join_to_the_payment_R_X8) {
  std::set<std::string> reached{"joinQueue"};
  for (std::size_t before = 0; before != reached.size();) {
    before = reached.size();
    for (const std::string& id : std::set(reached)) {
      const Operation from = operation(id);
      for (const auto& [status, response] : from.responses()) {
        const auto* links = response.as_object().if_contains("links");
        if (!links) continue;
        const auto& example = response.at("content").at("application/json").at("example");
        for (const auto& [name, link] : links->as_object()) {
          SCOPED_TRACE(id + " → " + std::string(name));
          EXPECT_FALSE(link.at("description").as_string().empty());
          const Operation to = operation(std::string(link.at("operationId").as_string()));
          const auto expect_there = [&](const bj::value& expression) {
            const std::string place(expression.as_string());
            ASSERT_EQ(place.rfind("$response.body#/", 0), 0U);
            bj::error_code unknown;
            EXPECT_NE(example.find_pointer(place.substr(std::string("$response.body#").size()), unknown),
                      nullptr)
                << place;
          };
          if (const auto* parameters = link.as_object().if_contains("parameters")) {
            for (const auto& [parameter, place] : parameters->as_object()) {
              EXPECT_NE(to.parameter(parameter), nullptr) << std::string(parameter);
              expect_there(place);
            }
          }
          if (const auto* body = link.as_object().if_contains("requestBody")) {
            EXPECT_NE(to.body(), nullptr);
            for (const auto& [member, place] : body->as_object()) expect_there(place);
          }
          reached.insert(to.id());
        }
      }
    }
  }
  for (const char* id :
       {"getPlace", "listDates", "listSeats", "holdSeats", "chargeBalance", "payReservation", "getPayment"})
    EXPECT_THAT(reached, Contains(id));
}

// D11: what was wrong before.
TEST_F(Document, has_the_types_that_calls_read_and_write) {
  EXPECT_EQ(operation("adminChargeBalance").parameter("id")->at("schema").at("format"), "uuid");
  EXPECT_EQ(operation("getBalance").parameter("userId")->at("schema").at("format"), "uuid");
  EXPECT_EQ(operation("getReservation").parameter("id")->at("schema").at("type"), "integer");
  EXPECT_NE(operation("leaveQueue").parameter("Idempotency-Key"), nullptr);
  const auto data_of = [&](const char* id, const char* status) -> const bj::object& {
    const auto& schema =
        operation(id).responses().at(status).at("content").at("application/json").at("schema");
    return schema.at("properties").at("data").as_object();
  };
  EXPECT_EQ(data_of("holdSeats", "201").at("oneOf").as_array().size(), 2U);
  EXPECT_EQ(data_of("payReservation", "200").at("oneOf").as_array().size(), 2U);
}

TEST_F(Document, describes_the_body_of_a_patch_as_a_patch_R_X8) {
  std::size_t patches = 0;
  const std::function<void(const bj::object&)> expect_all_optional = [&](const bj::object& schema) {
    if (const auto* ref = schema.if_contains("$ref")) {
      const std::string name(
          std::string(ref->as_string()).substr(std::string("#/components/schemas/").size()));
      return expect_all_optional(document.json().at("components").at("schemas").at(name).as_object());
    }
    if (const auto* choices = schema.if_contains("anyOf"))
      return expect_all_optional(choices->at(0).as_object());
    const auto* properties = schema.if_contains("properties");
    if (!properties) return;
    EXPECT_FALSE(schema.contains("required"));
    for (const auto& [name, property] : properties->as_object()) expect_all_optional(property.as_object());
  };
  for_each([&](const Operation& operation) {
    if (operation.method != "patch") return;
    ++patches;
    expect_all_optional(operation.body()->at("schema").as_object());
    EXPECT_EQ(document.mismatch(operation.body()->at("schema"), bj::object()), "");
  });
  EXPECT_EQ(patches, 3U);
}

}  // namespace
}  // namespace stagedoor::test
