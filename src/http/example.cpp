#include "http/example.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string_view>

namespace stagedoor::http {
namespace {

namespace bj = boost::json;

constexpr std::string_view kRefPrefix = "#/components/schemas/";

// Members whose value says more than their type.
bj::value by_name(std::string_view name, std::string_view type) {
  struct Known {
    std::string_view name;
    bj::value value;
  };
  static const Known kKnown[] = {{"name", "Winter Club Night"},
                                 {"eventName", "Winter Club Night"},
                                 {"performer", "The Understudies"},
                                 {"venue", "Stagedoor Club"},
                                 {"category", "Standard"},
                                 {"layout", "club"},
                                 {"token", "Bearer c3RhZ2Vkb29y"},
                                 {"seatNumber", 7},
                                 {"position", 0},
                                 {"pollAfterMs", 1000},
                                 {"people", 3000},
                                 {"amount", 110'000},
                                 {"balance", 110'000},
                                 {"balanceAfter", 110'000},
                                 {"price", 110'000},
                                 {"total", 110'000},
                                 {"seatCount", 50},
                                 {"totalSeats", 50}};
  for (const Known& known : kKnown) {
    const bool fits = known.value.is_string() ? type == "string" : type == "integer" || type == "number";
    if (known.name == name && fits) return known.value;
  }
  return nullptr;
}

bj::value by_format(std::string_view format) {
  if (format == "uuid") return "11111111-2222-4333-8444-555555555555";
  if (format == "date-time") return "2036-02-01T10:00:00.000Z";
  if (format == "date") return "2036-02-01";
  return "text";
}

bj::value make(const bj::value& schema, std::string_view name, const Components& components);

bj::value make_object(const bj::object& schema, const Components& components) {
  bj::object object;
  if (const auto* properties = schema.if_contains("properties")) {
    for (const auto& [key, property] : properties->as_object())
      object[key] = make(property, {key.data(), key.size()}, components);
  } else if (const auto* more = schema.if_contains("additionalProperties"); more && more->is_object()) {
    object["Standard"] = make(*more, "price", components);
  }
  return object;
}

bj::value make(const bj::value& schema, std::string_view name, const Components& components) {
  const bj::object& object = schema.as_object();
  if (const auto* ref = object.if_contains("$ref")) {
    const std::string_view target(ref->as_string().data(), ref->as_string().size());
    return make(components.schemas().at(std::string(target.substr(kRefPrefix.size()))), name, components);
  }
  for (const char* choice : {"oneOf", "anyOf"}) {
    if (const auto* choices = object.if_contains(choice))
      return make(choices->as_array().front(), name, components);
  }
  if (const auto* constant = object.if_contains("const")) return *constant;
  if (const auto* values = object.if_contains("enum")) return values->as_array().front();
  if (const auto* examples = object.if_contains("examples")) return examples->as_array().front();
  const auto* types = object.if_contains("type");
  if (!types) return bj::object();
  const bj::string& type = (types->is_array() ? types->as_array().front() : *types).as_string();
  if (auto known = by_name(name, type); !known.is_null()) return known;
  if (type == "object") return make_object(object, components);
  if (type == "array") return bj::array{make(object.at("items"), name, components)};
  if (type == "boolean") return false;
  if (type == "integer" || type == "number") return 1;
  const auto* format = object.if_contains("format");
  return by_format(format ? std::string_view(format->as_string()) : std::string_view());
}

}  // namespace

bj::value example_of(const bj::value& schema, const Components& components) {
  return make(schema, {}, components);
}

}  // namespace stagedoor::http
