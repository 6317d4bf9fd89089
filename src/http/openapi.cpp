#include "http/openapi.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/describe/enum_to_string.hpp>
#include <map>
#include <set>

#include "http/components.h"
#include "http/render_refusal.h"
#include "json/schema.h"
#include "json/write.h"

namespace stagedoor::http {
namespace {

namespace bj = boost::json;

// The schema of the output of render_refusal().
struct FaultBody {
  std::string path = {};
  std::string message = {};
};
BOOST_DESCRIBE_STRUCT(FaultBody, (), (path, message))

bj::object problem_schema(Components& components) {
  bj::object properties;
  properties["success"] = bj::object{{"const", false}};
  properties["code"] = json::schema<Code>(components);
  properties["message"] = bj::object{{"type", "string"}};
  properties["details"] = json::schema<std::vector<FaultBody>>(components);
  properties["moreDetails"] = bj::object{{"type", "integer"}, {"minimum", 1}};
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

bj::object success_response(const Success& success, Components& components) {
  bj::object response{{"description", success.description.empty() ? "Done" : success.description}};
  if (success.schema) {
    bj::value schema = success.envelope == Envelope::none ? success.schema(components)
                                                          : bj::value(envelope(success, components));
    response["content"] = bj::object{{success.content_type, bj::object{{"schema", std::move(schema)}}}};
  } else if (success.status != 204 && success.status != 304) {
    response["content"] = bj::object{{success.content_type, bj::object{}}};
  }
  return response;
}

bj::array parameters_of(const Route& route, Components& components) {
  bj::array parameters;
  std::string_view rest = route.path;
  while (true) {
    const std::size_t begin = rest.find('{');
    if (begin == rest.npos) break;
    const std::size_t end = rest.find('}', begin);
    const std::string name(rest.substr(begin + 1, end - begin - 1));
    const bool is_user = name == "userId";
    const bool is_id = name == "id" || name.ends_with("Id");
    parameters.push_back(bj::object{{"name", name},
                                    {"in", "path"},
                                    {"required", true},
                                    {"schema", is_user ? json::schema<UserId>(components)
                                               : is_id ? json::schema<EventId>(components)
                                                       : json::schema<std::string>(components)}});
    rest.remove_prefix(end + 1);
  }
  for (const Parameter& parameter : route.parameters) {
    parameters.push_back(bj::object{
        {"name", parameter.name},
        {"in", boost::describe::enum_to_string(parameter.in, "query")},
        {"description", parameter.description},
        {"required", parameter.required},
        {"schema", parameter.schema ? parameter.schema(components) : json::schema<std::string>(components)}});
  }
  return parameters;
}

bj::object operation(const Route& route, Components& components) {
  bj::object operation{{"tags", bj::array{bj::string(route.tag)}}, {"summary", route.summary}};
  if (bj::array parameters = parameters_of(route, components); !parameters.empty()) {
    operation["parameters"] = std::move(parameters);
  }
  if (route.body) {
    operation["requestBody"] = bj::object{
        {"required", !route.body_optional},
        {"content", bj::object{{"application/json", bj::object{{"schema", route.body(components)}}}}}};
  }
  std::map<int, bj::object> responses;
  for (const Success& success : route.successes)
    responses[success.status] = success_response(success, components);
  std::map<int, std::set<Code>> refusals;
  for (const Code code : route.refusals) refusals[status_of(code)].insert(code);
  for (const Code code : {Code::INVALID_REQUEST, Code::RATE_LIMITED, Code::OVERLOADED, Code::INTERNAL}) {
    refusals[status_of(code)].insert(code);
  }
  for (const auto& [status, codes] : refusals) {
    std::string names;
    for (const Code code : codes) {
      if (!names.empty()) names += ", ";
      names += boost::describe::enum_to_string(code, "");
    }
    responses[status] = bj::object{
        {"description", names},
        {"content",
         bj::object{{"application/json",
                     bj::object{{"schema", bj::object{{"$ref", "#/components/schemas/Problem"}}}}}}}};
  }
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
  bj::object document{
      {"openapi", "3.1.0"},
      {"info",
       bj::object{
           {"title", "Stagedoor"},
           {"version", version},
           {"description",
            "Waiting room, seats, balance and payment. Ids in bodies may also be sent as numeric strings. "
            "Times are RFC 3339 in UTC, money is whole won."}}},
      {"paths", std::move(paths_object)},
      {"components", bj::object{{"schemas", std::move(schemas)}}}};
  return json::pretty(document);
}

}  // namespace stagedoor::http
