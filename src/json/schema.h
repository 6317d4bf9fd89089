// JSON Schemas of described structs (types.h), for the OpenAPI document.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "json/traits.h"

namespace stagedoor::json {

namespace detail {

// The type's full name, as spelled by the compiler.
template <class T>
constexpr std::string_view full_name() {
  constexpr std::string_view pretty_name = __PRETTY_FUNCTION__;  // "… [with T = a::B; std::string_view = …]"
  constexpr std::size_t begin = pretty_name.find("T = ") + 4;
  constexpr std::size_t end = pretty_name.find_first_of(";]", begin);
  return pretty_name.substr(begin, end - begin);
}

boost::json::value named(std::string_view type, std::string_view format);
boost::json::value or_null(boost::json::value schema);

}  // namespace detail

// The type's JSON Schema (2020-12). A described struct becomes a reference to a named schema:
// `components.ref(full_name, make)` returns that reference and calls `make` for the schema itself when the
// name is new (http/components.h).
template <class T, class Components>
boost::json::value schema(Components& components) {
  using namespace detail;
  if constexpr (std::same_as<T, bool>) {
    return named("boolean", "");
  } else if constexpr (Integer<T>) {
    boost::json::value integer = named("integer", sizeof(T) < 8 ? "int32" : "int64");
    if constexpr (std::unsigned_integral<T>) integer.as_object()["minimum"] = 0;
    return integer;
  } else if constexpr (std::same_as<T, double>) {
    return named("number", "double");
  } else if constexpr (std::same_as<T, std::string> || std::same_as<T, std::string_view>) {
    return named("string", "");
  } else if constexpr (is_id<T>) {
    boost::json::value id = named("integer", "int64");
    id.as_object()["minimum"] = 1;
    id.as_object()["maximum"] = kIdMax;
    return id;
  } else if constexpr (std::same_as<T, Uuid>) {
    return named("string", "uuid");
  } else if constexpr (std::same_as<T, TimePoint>) {
    return named("string", "date-time");
  } else if constexpr (std::same_as<T, Millis>) {
    return {
        {"type", "string"}, {"pattern", "^([0-9]+(ms|s|m|h|d))+$"}, {"examples", boost::json::array{"5m"}}};
  } else if constexpr (std::same_as<T, Won>) {
    return named("integer", "int64");
  } else if constexpr (std::same_as<T, Raw>) {
    return boost::json::object();
  } else if constexpr (is_a<T, Rendered>) {
    return []<class Of>(const Rendered<Of>*, Components& all) { return schema<Of>(all); }(
               static_cast<const T*>(nullptr), components);
  } else if constexpr (DescribedEnum<T>) {
    boost::json::array names;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>(
        [&](auto d) { names.emplace_back(d.name); });
    return {{"type", "string"}, {"enum", std::move(names)}};
  } else if constexpr (is_optional<T>) {
    return or_null(schema<typename T::value_type>(components));
  } else if constexpr (is_a<T, std::vector>) {
    return {{"type", "array"}, {"items", schema<typename T::value_type>(components)}};
  } else if constexpr (is_a<T, std::map>) {
    return {{"type", "object"}, {"additionalProperties", schema<typename T::mapped_type>(components)}};
  } else if constexpr (DescribedStruct<T>) {
    return components.ref(full_name<T>(), [&] {
      boost::json::object properties;
      boost::json::array required;
      boost::mp11::mp_for_each<Members<T>>([&](auto d) {
        using Member = std::remove_cvref_t<decltype(std::declval<T&>().*d.pointer)>;
        [[maybe_unused]] boost::json::value& property = properties[d.name] = schema<Member>(components);
        if constexpr (list_max_of<T>() != kAnyLength) {
          if (property.as_object().contains("items")) property.as_object()["maxItems"] = list_max_of<T>();
        }
        if constexpr (!is_optional<Member>) required.emplace_back(d.name);
      });
      if constexpr (requires { T::refine(properties); }) T::refine(properties);
      boost::json::object object{{"type", "object"}, {"properties", std::move(properties)}};
      if (!required.empty()) object["required"] = std::move(required);
      object["additionalProperties"] = false;
      return boost::json::value(std::move(object));
    });
  } else {
    static_assert(unsupported<T>, "this type has no JSON form");
  }
}

// The schema of a merge patch (RFC 7396) of T: every member may be left out, and null removes what T may
// lack.
template <class T, class Components>
boost::json::value patch_schema(Components& components) {
  using namespace detail;
  if constexpr (DescribedStruct<T>) {
    return components.ref(std::string(full_name<T>()) + "Patch", [&] {
      boost::json::object properties;
      boost::mp11::mp_for_each<Members<T>>([&](auto d) {
        properties[d.name] =
            patch_schema<std::remove_cvref_t<decltype(std::declval<T&>().*d.pointer)>>(components);
      });
      return boost::json::value{
          {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
    });
  } else if constexpr (is_optional<T>) {
    return or_null(patch_schema<typename T::value_type>(components));
  } else if constexpr (is_a<T, std::map>) {
    return {{"type", "object"},
            {"additionalProperties", or_null(patch_schema<typename T::mapped_type>(components))}};
  } else {
    return schema<T>(components);
  }
}

// Exactly one of the types.
template <class Components, class... Types>
boost::json::value one_of_schema(Components& components) {
  return {{"oneOf", boost::json::array{schema<Types>(components)...}}};
}

}  // namespace stagedoor::json
