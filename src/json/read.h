// Reads described structs (types.h) from JSON. A refusal names all errors in the document.
#pragma once

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>
#include <limits>
#include <string>

#include "json/field_errors.h"
#include "json/parse.h"
#include "json/traits.h"

namespace stagedoor::json {

namespace detail {

void read_bool(const boost::json::value& in, bool& out, FieldErrors& errors);
void read_integer(const boost::json::value& in, std::int64_t& out, std::int64_t min, std::int64_t max,
                  FieldErrors& errors);
void read_double(const boost::json::value& in, double& out, FieldErrors& errors);
void read_string(const boost::json::value& in, std::string& out, FieldErrors& errors);
void read_id(const boost::json::value& in, std::int64_t& out, FieldErrors& errors);
void read_uuid(const boost::json::value& in, Uuid& out, FieldErrors& errors);
void read_time(const boost::json::value& in, TimePoint& out, FieldErrors& errors);
void read_duration(const boost::json::value& in, Millis& out, FieldErrors& errors);

// A list that is longer than `list_max` is not read.
template <class T>
void read_into(const boost::json::value& in, T& out, FieldErrors& errors, std::size_t list_max = kAnyLength);

template <DescribedEnum T>
void read_enum(const boost::json::value& in, T& out, FieldErrors& errors) {
  using All = boost::describe::describe_enumerators<T>;
  bool found = false;
  if (const auto* text = in.if_string()) {
    boost::mp11::mp_for_each<All>([&](auto d) {
      if (!found && std::string_view(text->data(), text->size()) == d.name) found = true, out = d.value;
    });
  }
  if (found) return;
  std::string message = "must be one of";
  const char* separator = " ";
  boost::mp11::mp_for_each<All>([&](auto d) { message.append(separator).append(d.name), separator = ", "; });
  errors.add_here(std::move(message));
}

template <DescribedStruct T>
void read_struct(const boost::json::value& in, T& out, FieldErrors& errors) {
  const auto* object = in.if_object();
  if (!object) return errors.add_here("must be an object");
  std::size_t known = 0;
  boost::mp11::mp_for_each<Members<T>>([&](auto d) {
    auto& member = out.*d.pointer;
    const FieldErrors::Step step(errors, d.name);
    if (const auto* value = object->if_contains(d.name)) {
      ++known;
      read_into(*value, member, errors, list_max_of<T>());
    } else if constexpr (!is_optional<std::remove_reference_t<decltype(member)>>) {
      errors.add_here("is required");
    }
  });
  if (known != object->size()) {
    for (const auto& member : *object) {
      const std::string_view key(member.key().data(), member.key().size());
      bool is_known = false;
      boost::mp11::mp_for_each<Members<T>>([&](auto d) { is_known = is_known || key == d.name; });
      const FieldErrors::Step step(errors, key);
      if (!is_known) errors.add_here("is not a known field");
    }
  }
  if constexpr (requires { check(std::as_const(out), errors); }) check(std::as_const(out), errors);
}

template <class T>
void read_into(const boost::json::value& in, T& out, FieldErrors& errors,
               [[maybe_unused]] std::size_t list_max) {
  if constexpr (std::same_as<T, bool>) {
    read_bool(in, out, errors);
  } else if constexpr (Integer<T>) {
    static_assert(sizeof(T) < 8 || std::signed_integral<T>,
                  "no unsigned 64-bit members: JSON readers cannot hold them");
    std::int64_t wide = out;
    read_integer(in, wide, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), errors);
    out = static_cast<T>(wide);
  } else if constexpr (std::same_as<T, double>) {
    read_double(in, out, errors);
  } else if constexpr (std::same_as<T, std::string>) {
    read_string(in, out, errors);
  } else if constexpr (is_id<T>) {
    read_id(in, out.value, errors);
  } else if constexpr (std::same_as<T, Uuid>) {
    read_uuid(in, out, errors);
  } else if constexpr (std::same_as<T, TimePoint>) {
    read_time(in, out, errors);
  } else if constexpr (std::same_as<T, Millis>) {
    read_duration(in, out, errors);
  } else if constexpr (std::same_as<T, Won>) {
    read_into(in, out.amount, errors);
  } else if constexpr (DescribedEnum<T>) {
    read_enum(in, out, errors);
  } else if constexpr (is_optional<T>) {
    if (!in.is_null()) read_into(in, out.emplace(), errors, list_max);
  } else if constexpr (is_a<T, std::vector>) {
    const auto* array = in.if_array();
    if (!array) return errors.add_here("must be an array");
    if (array->size() > list_max)
      return errors.add_here("has too many elements: at most " + std::to_string(list_max));
    out.reserve(array->size());
    for (const auto& element : *array) {
      const FieldErrors::Step step(errors, out.size());
      typename T::value_type value{};
      read_into(element, value, errors);
      out.push_back(std::move(value));
    }
  } else if constexpr (is_a<T, std::map>) {
    const auto* object = in.if_object();
    if (!object) return errors.add_here("must be an object");
    for (const auto& member : *object) {
      const std::string_view key(member.key().data(), member.key().size());
      const FieldErrors::Step step(errors, key);
      read_into(member.value(), out[std::string(key)], errors);
    }
  } else if constexpr (DescribedStruct<T>) {
    read_struct(in, out, errors);
  } else {
    static_assert(unsupported<T>, "this type has no JSON form");
  }
}

}  // namespace detail

// Reads a parsed value; INVALID_REQUEST with all its errors.
template <class T>
Result<T> read_value(const boost::json::value& value) {
  FieldErrors errors;
  T out{};
  detail::read_into(value, out, errors);
  if (!errors.empty()) return invalid(errors);
  return out;
}

struct NoCheck {
  template <class T>
  void operator()(const T&, FieldErrors&) const {}
};

// Reads a text; INVALID_REQUEST with all its errors, or with the position of the syntax error.
// `check_more(value, errors)` checks what depends on more than the type.
template <class T, class Check = NoCheck>
Result<T> read(std::string_view text, const Check& check_more = {}) {
  unsigned char space[2048];  // enough for the usual body, so that parsing it does not allocate
  boost::json::monotonic_resource storage(space, sizeof space);
  FieldErrors errors;
  T out{};
  if (const auto value = parse(text, errors, &storage)) {
    detail::read_into(*value, out, errors);
    if (value->is_object()) check_more(std::as_const(out), errors);
  }
  if (!errors.empty()) return invalid(errors);
  return out;
}

}  // namespace stagedoor::json
