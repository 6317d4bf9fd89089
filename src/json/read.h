// Reads described structs (types.h) from JSON. A refusal names every fault in the document.
#pragma once

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>
#include <limits>

#include "json/faults.h"
#include "json/parse.h"
#include "json/traits.h"

namespace stagedoor::json {

namespace detail {

void read_bool(const boost::json::value& in, bool& out, Faults& faults);
void read_integer(const boost::json::value& in, std::int64_t& out, std::int64_t min, std::int64_t max,
                  Faults& faults);
void read_double(const boost::json::value& in, double& out, Faults& faults);
void read_string(const boost::json::value& in, std::string& out, Faults& faults);
void read_id(const boost::json::value& in, std::int64_t& out, Faults& faults);
void read_uuid(const boost::json::value& in, Uuid& out, Faults& faults);
void read_time(const boost::json::value& in, TimePoint& out, Faults& faults);
void read_duration(const boost::json::value& in, Millis& out, Faults& faults);

template <class T>
void read_into(const boost::json::value& in, T& out, Faults& faults);

template <DescribedEnum T>
void read_enum(const boost::json::value& in, T& out, Faults& faults) {
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
  faults.add_here(std::move(message));
}

template <DescribedStruct T>
void read_struct(const boost::json::value& in, T& out, Faults& faults) {
  const auto* object = in.if_object();
  if (!object) return faults.add_here("must be an object");
  std::size_t known = 0;
  boost::mp11::mp_for_each<Members<T>>([&](auto d) {
    auto& member = out.*d.pointer;
    const Faults::Step step(faults, d.name);
    if (const auto* value = object->if_contains(d.name)) {
      ++known;
      read_into(*value, member, faults);
    } else if constexpr (!is_optional<std::remove_reference_t<decltype(member)>>) {
      faults.add_here("is required");
    }
  });
  if (known != object->size()) {
    for (const auto& member : *object) {
      const std::string_view key(member.key().data(), member.key().size());
      bool is_known = false;
      boost::mp11::mp_for_each<Members<T>>([&](auto d) { is_known = is_known || key == d.name; });
      const Faults::Step step(faults, key);
      if (!is_known) faults.add_here("is not a known field");
    }
  }
  if constexpr (requires { check(std::as_const(out), faults); }) check(std::as_const(out), faults);
}

template <class T>
void read_into(const boost::json::value& in, T& out, Faults& faults) {
  if constexpr (std::same_as<T, bool>) {
    read_bool(in, out, faults);
  } else if constexpr (Integer<T>) {
    static_assert(sizeof(T) < 8 || std::signed_integral<T>,
                  "no unsigned 64-bit members: JSON readers cannot hold them");
    std::int64_t wide = out;
    read_integer(in, wide, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), faults);
    out = static_cast<T>(wide);
  } else if constexpr (std::same_as<T, double>) {
    read_double(in, out, faults);
  } else if constexpr (std::same_as<T, std::string>) {
    read_string(in, out, faults);
  } else if constexpr (is_id<T>) {
    read_id(in, out.value, faults);
  } else if constexpr (std::same_as<T, Uuid>) {
    read_uuid(in, out, faults);
  } else if constexpr (std::same_as<T, TimePoint>) {
    read_time(in, out, faults);
  } else if constexpr (std::same_as<T, Millis>) {
    read_duration(in, out, faults);
  } else if constexpr (std::same_as<T, Won>) {
    read_into(in, out.amount, faults);
  } else if constexpr (DescribedEnum<T>) {
    read_enum(in, out, faults);
  } else if constexpr (is_optional<T>) {
    if (!in.is_null()) read_into(in, out.emplace(), faults);
  } else if constexpr (is_a<T, std::vector>) {
    const auto* array = in.if_array();
    if (!array) return faults.add_here("must be an array");
    out.reserve(array->size());
    for (const auto& element : *array) {
      const Faults::Step step(faults, out.size());
      typename T::value_type value{};
      read_into(element, value, faults);
      out.push_back(std::move(value));
    }
  } else if constexpr (is_a<T, std::map>) {
    const auto* object = in.if_object();
    if (!object) return faults.add_here("must be an object");
    for (const auto& member : *object) {
      const std::string_view key(member.key().data(), member.key().size());
      const Faults::Step step(faults, key);
      read_into(member.value(), out[std::string(key)], faults);
    }
  } else if constexpr (DescribedStruct<T>) {
    read_struct(in, out, faults);
  } else {
    static_assert(unsupported<T>, "this type has no JSON form");
  }
}

}  // namespace detail

// Reads a value that is parsed already; INVALID_REQUEST with every fault in it.
template <class T>
Result<T> read_value(const boost::json::value& value) {
  Faults faults;
  T out{};
  detail::read_into(value, out, faults);
  if (!faults.empty()) return invalid(faults);
  return out;
}

// Reads a text; INVALID_REQUEST with every fault in it, or with the place where it stops being JSON.
template <class T>
Result<T> read(std::string_view text) {
  unsigned char space[2048];  // enough for the usual body, so that parsing it allocates nothing
  boost::json::monotonic_resource storage(space, sizeof space);
  Faults faults;
  T out{};
  if (const auto value = parse(text, faults, &storage)) detail::read_into(*value, out, faults);
  if (!faults.empty()) return invalid(faults);
  return out;
}

}  // namespace stagedoor::json
