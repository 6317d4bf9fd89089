#include "support/api_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <regex>
#include <vector>

#include "core/time.h"
#include "core/uuid.h"

namespace stagedoor::test {
namespace {

namespace bj = boost::json;

std::string_view view(const bj::string& text) { return {text.data(), text.size()}; }

std::vector<std::string_view> segments(std::string_view path) {
  std::vector<std::string_view> all;
  while (!path.empty()) {
    path.remove_prefix(1);
    all.push_back(path.substr(0, path.find('/')));
    path.remove_prefix(all.back().size());
  }
  return all;
}

bool has_type(const bj::value& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_bool();
  if (type == "null") return value.is_null();
  if (type == "integer") return value.is_int64() || value.is_uint64();
  return type == "number" && value.is_number();
}

bool has_some_type(const bj::value& value, const bj::value& types) {
  if (types.is_string()) return has_type(value, view(types.as_string()));
  return std::ranges::any_of(types.as_array(),
                             [&](const auto& type) { return has_type(value, view(type.as_string())); });
}

bool has_format(std::string_view text, std::string_view format) {
  if (format == "uuid") return parse_uuid(text).has_value();
  if (format == "date-time") return parse_rfc3339(text).has_value();
  if (format == "date") return parse_rfc3339(std::string(text) + "T00:00:00Z").has_value();
  return true;
}

std::string mismatch_of_text(const bj::object& schema, const bj::string& value) {
  if (const auto* format = schema.if_contains("format");
      format && !has_format(view(value), view(format->as_string())))
    return fmt::format("is no {}", view(format->as_string()));
  if (const auto* pattern = schema.if_contains("pattern");
      pattern && !std::regex_search(std::string(value), std::regex(std::string(pattern->as_string()))))
    return fmt::format("does not match {}", view(pattern->as_string()));
  return "";
}

std::string mismatch_of_number(const bj::object& schema, double value) {
  if (const auto* least = schema.if_contains("minimum"); least && value < least->to_number<double>())
    return "is too small";
  if (const auto* most = schema.if_contains("maximum"); most && value > most->to_number<double>())
    return "is too large";
  return "";
}

bool lists(std::string_view codes, std::string_view code) {
  while (!codes.empty()) {
    const std::string_view one = codes.substr(0, codes.find(','));
    if (one == code) return true;
    codes.remove_prefix(std::min(one.size() + 2, codes.size()));
  }
  return false;
}

}  // namespace

const bj::object* ApiDocument::operations_of(std::string_view target) const {
  const auto asked = segments(target.substr(0, target.find('?')));
  const bj::object* best = nullptr;
  std::size_t best_literals = 0;
  for (const auto& [path, operations] : document_.at("paths").as_object()) {
    const auto parts = segments({path.data(), path.size()});
    if (parts.size() != asked.size()) continue;
    std::size_t literals = 0;
    bool fits = true;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i] == asked[i]) ++literals;
      else fits = fits && parts[i].starts_with('{') && !asked[i].empty();
    }
    if (fits && (!best || literals > best_literals)) best = &operations.as_object(), best_literals = literals;
  }
  return best;
}

std::string ApiDocument::fault(const Call& call, const ApiReply& reply) const {
  const bj::object* operations = call.target.starts_with("/") ? operations_of(call.target) : nullptr;
  if (!operations || reply.status == 0) return "";
  std::string method = call.method == "HEAD" ? "get" : call.method;
  std::ranges::transform(method, method.begin(), [](char c) { return char(c | 0x20); });
  const auto* operation = operations->if_contains(method);
  if (!operation) return reply.status == 405 ? "" : "the document has no such method";
  const auto* response = operation->at("responses").as_object().if_contains(std::to_string(reply.status));
  if (!response) return fmt::format("the document does not name the status {}", reply.status);
  for (const auto& [name, header] : response->at("headers").as_object()) {
    const bool is_required = document_.at("components").at("headers").at(name).at("required").as_bool();
    if (is_required && reply.header({name.data(), name.size()}).empty())
      return fmt::format("the header {} is missing", std::string_view(name));
  }
  if (!reply.code().empty() && !lists(view(response->at("description").as_string()), reply.code()))
    return fmt::format("the document does not name the code {}", reply.code());
  const auto* content = response->as_object().if_contains("content");
  const auto* json_content = content ? content->as_object().if_contains("application/json") : nullptr;
  if (!json_content || call.method == "HEAD") return "";
  return mismatch(json_content->at("schema"), reply.json);
}

std::string ApiDocument::mismatch(const bj::value& schema_value, const bj::value& value) const {
  const bj::object& schema = schema_value.as_object();
  if (const auto* ref = schema.if_contains("$ref")) {
    const std::string_view name =
        view(ref->as_string()).substr(std::string_view("#/components/schemas/").size());
    return mismatch(document_.at("components").at("schemas").at(name), value);
  }
  for (const char* keyword : {"oneOf", "anyOf"}) {
    const auto* choices = schema.if_contains(keyword);
    if (!choices) continue;
    std::string why;
    std::size_t fitting = 0;
    for (const auto& choice : choices->as_array()) {
      const std::string fault = mismatch(choice, value);
      if (fault.empty()) ++fitting;
      else why += (why.empty() ? "" : "; or ") + fault;
    }
    if (fitting == 0) return why;
    if (fitting > 1 && keyword == std::string_view("oneOf")) return "fits several of oneOf";
  }
  if (const auto* types = schema.if_contains("type"); types && !has_some_type(value, *types))
    return fmt::format("{} is no {}", bj::serialize(value), bj::serialize(*types));
  if (const auto* constant = schema.if_contains("const"); constant && *constant != value)
    return fmt::format("{} is not {}", bj::serialize(value), bj::serialize(*constant));
  if (const auto* values = schema.if_contains("enum");
      values && std::ranges::find(values->as_array(), value) == values->as_array().end())
    return fmt::format("{} is not in the enum", bj::serialize(value));
  if (const auto* text = value.if_string()) return mismatch_of_text(schema, *text);
  if (value.is_number()) return mismatch_of_number(schema, value.to_number<double>());
  if (const auto* object = value.if_object()) return mismatch_of_object(schema, *object);
  const auto* array = value.if_array();
  const auto* items = array ? schema.if_contains("items") : nullptr;
  if (!items) return "";
  for (std::size_t i = 0; i < array->size(); ++i) {
    if (const std::string fault = mismatch(*items, (*array)[i]); !fault.empty())
      return fmt::format("[{}] {}", i, fault);
  }
  return "";
}

std::string ApiDocument::mismatch_of_object(const bj::object& schema, const bj::object& value) const {
  if (const auto* required = schema.if_contains("required")) {
    for (const auto& name : required->as_array()) {
      if (!value.contains(name.as_string())) return fmt::format("{} is missing", view(name.as_string()));
    }
  }
  const auto* properties = schema.if_contains("properties");
  const auto* more = schema.if_contains("additionalProperties");
  for (const auto& [key, member] : value) {
    const auto* property = properties ? properties->as_object().if_contains(key) : nullptr;
    if (!property && more && more->is_bool() && !more->as_bool())
      return fmt::format("{} is not known", std::string_view(key));
    const auto* of_member = property ? property : more && more->is_object() ? more : nullptr;
    if (!of_member) continue;
    if (const std::string fault = mismatch(*of_member, member); !fault.empty())
      return fmt::format("{}: {}", std::string_view(key), fault);
  }
  return "";
}

}  // namespace stagedoor::test
