// Writes described structs (types.h) as JSON.
#pragma once

#include <array>
#include <boost/json/fwd.hpp>
#include <charconv>
#include <string>
#include <string_view>

#include "json/traits.h"

namespace stagedoor::json {

void write_string(std::string& out, std::string_view text);

// Indented by two spaces, one member per line, for documents that people read and compare.
std::string pretty(const boost::json::value& value);

namespace detail {

void write_double(std::string& out, double value);

// `,"name":` of a described member, built at compile time.
template <class Member>
inline constexpr auto kKey = [] {
  constexpr std::string_view name = Member::name;
  std::array<char, name.size() + 4> key{};
  auto* at = key.data();
  *at++ = ',';
  *at++ = '"';
  for (const char c : name) *at++ = c;
  *at++ = '"';
  *at = ':';
  return key;
}();

}  // namespace detail

// Appends the value's JSON. Allocates only to grow `out`.
template <class T>
void write(std::string& out, const T& value) {
  using namespace detail;
  if constexpr (std::same_as<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (Integer<T>) {
    char digits[24];
    out.append(digits,
               static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, value).ptr - digits));
  } else if constexpr (std::same_as<T, double>) {
    write_double(out, value);
  } else if constexpr (std::same_as<T, std::string> || std::same_as<T, std::string_view>) {
    write_string(out, value);
  } else if constexpr (is_id<T>) {
    write(out, value.value);
  } else if constexpr (std::same_as<T, Uuid>) {
    out += '"';
    append_uuid(out, value);
    out += '"';
  } else if constexpr (std::same_as<T, TimePoint>) {
    out += '"';
    append_rfc3339(out, value);
    out += '"';
  } else if constexpr (std::same_as<T, Millis>) {
    out += '"';
    out += format_duration(value);
    out += '"';
  } else if constexpr (std::same_as<T, Won>) {
    write(out, value.amount);
  } else if constexpr (std::same_as<T, Raw>) {
    out += value.text;
  } else if constexpr (is_a<T, Rendered>) {
    out += *value.text;
  } else if constexpr (DescribedEnum<T>) {
    const char* name = "";
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto d) {
      if (d.value == value) name = d.name;
    });
    out.append(1, '"').append(name) += '"';
  } else if constexpr (is_optional<T>) {
    if (value) write(out, *value);
    else out += "null";
  } else if constexpr (is_a<T, std::vector>) {
    out += '[';
    for (const auto& element : value) {
      write(out, element);
      out += ',';
    }
    if (out.back() == ',') out.back() = ']';
    else out += ']';
  } else if constexpr (is_a<T, std::map>) {
    out += '{';
    for (const auto& [key, element] : value) {
      write_string(out, key);
      out += ':';
      write(out, element);
      out += ',';
    }
    if (out.back() == ',') out.back() = '}';
    else out += '}';
  } else if constexpr (DescribedStruct<T>) {
    const std::size_t begin = out.size();  // the first member's comma becomes the brace
    boost::mp11::mp_for_each<Members<T>>([&](auto d) {
      const auto& member = value.*d.pointer;
      if constexpr (is_a<std::remove_cvref_t<decltype(member)>, Omitted>) {
        if (!member) return;
      }
      constexpr auto& key = kKey<decltype(d)>;
      out.append(key.data(), key.size());
      write(out, member);
    });
    if (out.size() == begin) out += '{';
    out[begin] = '{';
    out += '}';
  } else {
    static_assert(unsupported<T>, "this type has no JSON form");
  }
}

template <class T>
std::string to_text(const T& value) {
  std::string out;
  write(out, value);
  return out;
}

}  // namespace stagedoor::json
