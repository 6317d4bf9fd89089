#include "http/openapi.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/describe/enum_to_string.hpp>
#include <boost/json/parse.hpp>
#include <map>
#include <set>

#include "http/components.h"
#include "http/example.h"
#include "http/render_refusal.h"
#include "json/schema.h"
#include "json/write.h"

namespace stagedoor::http {
namespace {

namespace bj = boost::json;

constexpr std::string_view kIdempotencyKey = "Idempotency-Key";

// The schema of the output of render_refusal().
struct FaultBody {
  std::string path = {};
  std::string message = {};
};
BOOST_DESCRIBE_STRUCT(FaultBody, (), (path, message))

struct Tag {
  const char* name;
  const char* description;
};
constexpr Tag kTags[] = {
    {"queue",
     "The waiting room: take a place, ask where it stands, leave. The place's token opens the other "
     "calls when it is its turn."},
    {"catalogue", "Events, their dates and seats."},
    {"reservations", "Hold seats, read and cancel holds."},
    {"payments", "Pay for holds from the balance, and get the money back."},
    {"balance", "The prepaid balance of a user."},
    {"identity", "Who the caller is, and how users sign in."},
    {"operators", "Calls of operators: events, prices, policies, waiting rooms, house seats, money."}};

struct HeaderText {
  const char* name;
  const char* description;
  bj::object schema;
};
bj::object headers_of_answers() {
  const HeaderText texts[] = {
      {"Allow", "The methods of this path", bj::object{{"type", "string"}}},
      {"ETag", "The version of the answer, for If-None-Match", bj::object{{"type", "string"}}},
      {"Idempotency-Hit", "This is the first answer to that Idempotency-Key, given again",
       bj::object{{"type", "string"}, {"const", "true"}}},
      {"Location", "Where to charge the balance; absent where only operators charge",
       bj::object{{"type", "string"}}},
      {"Retry-After", "Seconds to wait before the next attempt",
       bj::object{{"type", "integer"}, {"minimum", 0}}},
      {"WWW-Authenticate", "The scheme to authenticate by", bj::object{{"type", "string"}}},
      {"X-Request-Id", "The client's X-Request-Id, or one that was made here; the log has it, too",
       bj::object{{"type", "string"}}}};
  // Those that some answers of a status do not have.
  const std::set<std::string_view> optional{"Idempotency-Hit", "Location"};
  bj::object headers;
  for (const auto& [name, description, schema] : texts) {
    headers[name] =
        bj::object{{"description", description}, {"required", !optional.contains(name)}, {"schema", schema}};
  }
  return headers;
}

bj::object references(const std::set<std::string_view>& headers) {
  bj::object object;
  for (const std::string_view name : headers)
    object[name] = bj::object{{"$ref", fmt::format("#/components/headers/{}", name)}};
  return object;
}

bj::object security_schemes() {
  return {
      {"bearerToken",
       bj::object{{"type", "http"},
                  {"scheme", "bearer"},
                  {"description",
                   "Where auth.mode is token: the `token` that POST /queue or POST /sessions returned."}}},
      {"queueToken",
       bj::object{{"type", "apiKey"},
                  {"in", "header"},
                  {"name", "queue-token"},
                  {"description",
                   "The `token` that POST /queue returned, with or without the word Bearer. It wins over "
                   "Authorization, which has the proof of identity where auth.mode is jwt."}}},
      {"urlToken",
       bj::object{
           {"type", "apiKey"},
           {"in", "query"},
           {"name", "token"},
           {"description",
            "The same token, for event streams of clients that cannot send headers. URLs end up in logs: "
            "prefer a header."}}},
      {"identity",
       bj::object{{"type", "http"},
                  {"scheme", "bearer"},
                  {"bearerFormat", "JWT"},
                  {"description",
                   "Where auth.mode is jwt: a token of the identity provider. Where it is gateway, the proxy "
                   "in front "
                   "sends the proof. In both modes the place's token stands in queue-token only."}}},
      {"operatorKey", bj::object{{"type", "http"},
                                 {"scheme", "bearer"},
                                 {"description", "The secret of an operator key (setting admin.keys)."}}}};
}

// One of these is enough.
bj::array security_of(Access access) {
  const auto needs = [](const char* scheme) { return bj::object{{scheme, bj::array()}}; };
  switch (access) {
    case Access::open:
    case Access::named_user:
      return {};
    case Access::claimed_user:
      return {bj::object(), needs("identity")};
    case Access::user:
      return {needs("bearerToken"), needs("queueToken"), needs("identity")};
    case Access::user_and_place:
      return {needs("bearerToken"), needs("queueToken"),
              bj::object{{"identity", bj::array()}, {"queueToken", bj::array()}}};
    case Access::place_token:
      return {needs("bearerToken"), needs("queueToken")};
    case Access::stream_token:
      return {needs("bearerToken"), needs("queueToken"), needs("urlToken")};
    case Access::operator_key:
      return {needs("operatorKey")};
  }
  return {};
}

bj::object problem_schema(Components& components) {
  bj::object properties;
  properties["success"] = bj::object{{"const", false}};
  properties["code"] = json::schema<Code>(components);
  properties["message"] = bj::object{{"type", "string"}};
  properties["details"] = json::schema<std::vector<FaultBody>>(components);
  properties["moreDetails"] = bj::object{{"type", "integer"}, {"minimum", 1}};
  const auto also = [&](const char* name, bj::object schema, const char* description) {
    schema["description"] = description;
    properties[name] = std::move(schema);
  };
  also("balance", {{"type", "integer"}}, "NOT_ENOUGH_BALANCE, BALANCE_LIMIT_EXCEEDED");
  also("price", {{"type", "integer"}}, "NOT_ENOUGH_BALANCE");
  also("chargeUrl", {{"type", "string"}}, "NOT_ENOUGH_BALANCE, where users may charge");
  also("position", {{"type", bj::array{"integer", "null"}}}, "WRONG_TOKEN_TURN");
  also("pollAfterMs", {{"type", "integer"}}, "WRONG_TOKEN_TURN, POLL_TOO_SOON");
  also("largest", {{"type", "integer"}, {"minimum", 0}}, "NO_SEATS_TOGETHER: the most side by side");
  also("at", {{"type", "string"}, {"format", "date-time"}}, "TICKET_ALREADY_USED: when it was used");
  also("device", {{"type", "string"}}, "TICKET_ALREADY_USED: by which device");
  also("scope", {{"type", "string"}}, "RATE_LIMITED: whose limit it is");
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"required", bj::array{"success", "code", "message"}}};
}

bj::object envelope(const Success& success, Components& components) {
  bj::value schema = success.schema(components);
  bj::object properties{{"success", bj::object{{"const", true}}}};
  bj::array required{"success", "data"};
  if (success.envelope == Envelope::page) {
    properties["data"] = bj::object{{"type", "array"}, {"items", std::move(schema)}};
    properties["nextCursor"] = bj::object{{"type", bj::array{"string", "null"}}};
    required.emplace_back("nextCursor");
  } else {
    properties["data"] = std::move(schema);
  }
  return {{"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}};
}

bj::object links_of(const Success& success) {
  const auto expressions = [](const auto& values) {
    bj::object object;
    for (const auto& [name, place] : values) object[name] = fmt::format("$response.body#/{}", place);
    return object;
  };
  bj::object links;
  for (const Link& link : success.links) {
    bj::object object{{"operationId", link.id}, {"description", link.description}};
    if (!link.parameters.empty()) object["parameters"] = expressions(link.parameters);
    if (!link.body.empty()) object["requestBody"] = expressions(link.body);
    links[link.id] = std::move(object);
  }
  return links;
}

bool has_etag(const Route& route) {
  return std::ranges::any_of(route.successes, [](const Success& success) { return success.status == 304; });
}

bool takes_key(const Route& route) {
  return std::ranges::any_of(route.handler.inputs.parameters,
                             [](const Parameter& one) { return one.name == kIdempotencyKey; });
}

bj::object success_response(const Route& route, const Success& success, Components& components) {
  bj::object response{{"description", success.description}};
  std::set<std::string_view> headers{"X-Request-Id"};
  if (has_etag(route)) headers.insert("ETag");
  if (takes_key(route)) headers.insert("Idempotency-Hit");
  response["headers"] = references(headers);
  if (success.schema) {
    bj::value schema = success.envelope == Envelope::none ? success.schema(components)
                                                          : bj::value(envelope(success, components));
    bj::value example = example_of(schema, components);
    response["content"] = bj::object{
        {success.content_type, bj::object{{"schema", std::move(schema)}, {"example", std::move(example)}}}};
  } else if (success.status != 204 && success.status != 304) {
    response["content"] = bj::object{{success.content_type, bj::object{}}};
  }
  if (!success.links.empty()) response["links"] = links_of(success);
  return response;
}

// By status: those of the route, and those of every call, of every call with that proof or with a key.
std::map<int, std::set<Code>> refusals_of(const Route& route) {
  std::vector<Code> codes = route.refusals;
  codes.insert(codes.end(), {Code::INVALID_REQUEST, Code::METHOD_NOT_ALLOWED, Code::PAYLOAD_TOO_LARGE,
                             Code::RATE_LIMITED, Code::INTERNAL, Code::OVERLOADED, Code::STORE_UNAVAILABLE});
  switch (route.handler.inputs.access) {
    case Access::open:
    case Access::named_user:
      break;
    case Access::user_and_place:
    case Access::claimed_user:
      codes.push_back(Code::FORBIDDEN);
      [[fallthrough]];
    case Access::user:
    case Access::place_token:
    case Access::stream_token:
      codes.insert(codes.end(), {Code::TOKEN_NOT_FOUND, Code::TOKEN_EXPIRED});
      break;
    case Access::operator_key:  // NOT_FOUND: on http.listen, when there is an http.admin_listen
      codes.insert(codes.end(), {Code::ADMIN_KEY_INVALID, Code::FORBIDDEN, Code::NOT_FOUND});
      break;
  }
  if (takes_key(route)) codes.insert(codes.end(), {Code::IDEMPOTENCY_MISMATCH, Code::OUTCOME_UNKNOWN});
  std::map<int, std::set<Code>> by_status;
  for (const Code code : codes) by_status[status_of(code)].insert(code);
  return by_status;
}

std::string_view header_of_refusal(int status) {
  switch (status) {
    case 401:
      return "WWW-Authenticate";
    case 402:
      return "Location";
    case 405:
      return "Allow";
    case 429:
    case 503:
      return "Retry-After";
    default:
      return "X-Request-Id";
  }
}

bj::object refusal_response(int status, const std::set<Code>& codes) {
  std::string names;
  for (const Code code : codes) {
    if (!names.empty()) names += ", ";
    names += boost::describe::enum_to_string(code, "");
  }
  return {{"description", names},
          {"headers", references({"X-Request-Id", header_of_refusal(status)})},
          {"content",
           bj::object{{"application/json",
                       bj::object{{"schema", bj::object{{"$ref", "#/components/schemas/Problem"}}}}}}}};
}

bj::object described(const Parameter& parameter, Components& components) {
  bj::value schema = parameter.schema ? parameter.schema(components) : json::schema<std::string>(components);
  bj::object object{{"name", parameter.name},
                    {"in", boost::describe::enum_to_string(parameter.in, "query")},
                    {"description", parameter.description},
                    {"required", parameter.required || parameter.in == ParameterPlace::path}};
  // Swagger UI fills examples in, which nobody wants of what may be left out.
  if (parameter.required || parameter.in == ParameterPlace::path)
    object["example"] = example_of(schema, components);
  object["schema"] = std::move(schema);
  return object;
}

// Those of the path come first, with the type that the handler reads; a route with `read` has ids.
bj::array parameters_of(const Route& route, Components& components) {
  std::vector<Parameter> all;
  const auto& inputs = route.handler.inputs.parameters;
  for (std::string_view rest = route.path; rest.find('{') != rest.npos;) {
    rest.remove_prefix(rest.find('{') + 1);
    const std::string name(rest.substr(0, rest.find('}')));
    const auto read = std::ranges::find(inputs, name, &Parameter::name);
    all.push_back(read != inputs.end() ? *read
                                       : Parameter{.name = name,
                                                   .description = "An id",
                                                   .in = ParameterPlace::path,
                                                   .schema = &json::schema<EventId>});
  }
  all.insert(all.end(), route.parameters.begin(), route.parameters.end());
  for (const Parameter& input : inputs) {
    if (std::ranges::find(all, input.name, &Parameter::name) == all.end()) all.push_back(input);
  }
  if (has_etag(route)) {
    all.push_back({.name = "If-None-Match",
                   .description = "The ETag of an answer that the client has",
                   .in = ParameterPlace::header});
  }
  bj::array parameters;
  for (const Parameter& parameter : all) parameters.push_back(described(parameter, components));
  return parameters;
}

bj::object request_body(const Route& route, Components& components) {
  bj::object examples;
  for (const auto& [name, text] : route.examples)
    examples[name] = bj::object{{"summary", name}, {"value", bj::parse(text)}};
  bj::object content;
  for (const std::string& type : route.body_types) {
    bj::object media{{"schema", route.body(components)}};
    if (type == "application/json" && !examples.empty()) media["examples"] = examples;
    content[type] = std::move(media);
  }
  return {{"required", !route.body_optional}, {"content", std::move(content)}};
}

bj::object operation(const Route& route, Components& components) {
  bj::object operation{
      {"tags", bj::array{bj::string(route.tag)}}, {"summary", route.summary}, {"operationId", route.id}};
  const Inputs& inputs = route.handler.inputs;
  if (!inputs.role.empty()) operation["description"] = fmt::format("Needs the role {}.", inputs.role);
  operation["security"] = security_of(inputs.access);
  if (bj::array parameters = parameters_of(route, components); !parameters.empty())
    operation["parameters"] = std::move(parameters);
  if (route.body) operation["requestBody"] = request_body(route, components);
  std::map<int, bj::object> responses;
  for (const Success& success : route.successes)
    responses[success.status] = success_response(route, success, components);
  for (const auto& [status, codes] : refusals_of(route)) responses[status] = refusal_response(status, codes);
  bj::object by_status;
  for (auto& [status, response] : responses) by_status[std::to_string(status)] = std::move(response);
  operation["responses"] = std::move(by_status);
  return operation;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

bj::object info(const std::string& version) {
  return {{"title", "Stagedoor"},
          {"version", version},
          {"license", bj::object{{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}},
          {"description",
           "Waiting room, seats, balance and payment. Ids in bodies may also be sent as numeric strings. "
           "Times are RFC 3339 in UTC, money is whole won.\n\n"
           "To buy a seat: POST /queue, authorize with its token, GET /queue until the status is ACTIVATED, "
           "then hold a seat, charge the balance and pay."}};
}

// Those with calls, in the order of a visit.
bj::array tags(const Router& router) {
  std::set<std::string_view> used;
  for (const auto& route : router.routes()) used.insert(route->tag);
  bj::array tags;
  for (const Tag& tag : kTags) {
    if (used.contains(tag.name))
      tags.push_back(bj::object{{"name", tag.name}, {"description", tag.description}});
  }
  return tags;
}

}  // namespace

std::string openapi(const Router& router, const std::string& version) {
  Components components;
  std::map<std::string, std::map<Method, bj::object>> paths;
  for (const auto& route : router.routes()) {
    if (!route->tag.empty()) paths[route->path][route->method] = operation(*route, components);
  }
  bj::object paths_object;
  for (auto& [path, operations] : paths) {
    bj::object methods;
    for (auto& [method, text] : operations) methods[lower_case(to_string(method))] = std::move(text);
    paths_object[path] = std::move(methods);
  }
  bj::object problem = problem_schema(components);
  bj::object schemas;
  for (const auto& [name, schema] : components.schemas()) schemas[name] = schema;
  schemas["Problem"] = std::move(problem);
  const bj::object document{
      {"openapi", "3.1.0"},
      {"info", info(version)},
      {"servers",
       bj::array{bj::object{{"url", "/"}, {"description", "The server that this document comes from"}}}},
      {"tags", tags(router)},
      {"paths", std::move(paths_object)},
      {"components", bj::object{{"schemas", std::move(schemas)},
                                {"headers", headers_of_answers()},
                                {"securitySchemes", security_schemes()}}}};
  return json::pretty(document);
}

}  // namespace stagedoor::http
