#include "json/write.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cmath>

#include "core/hex.h"

namespace stagedoor::json {
namespace bj = boost::json;

void write_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;  // start of the bytes not yet copied
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') [[likely]]
      continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    constexpr std::string_view kShort = "\"\"\\\\\bb\ff\nn\rr\tt";
    std::size_t pair = 0;
    while (pair < kShort.size() && kShort[pair] != text[i]) pair += 2;
    if (pair < kShort.size()) {
      out += '\\';
      out += kShort[pair + 1];
    } else {
      out += "\\u00";
      out += kHexDigits[c >> 4];
      out += kHexDigits[c & 15];
    }
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

namespace {

void append_pretty(std::string& out, const bj::value& value, std::size_t indent) {
  const auto line = [&](std::size_t depth) { out.append(1, '\n').append(depth * 2, ' '); };
  if (const auto* object = value.if_object(); object && !object->empty()) {
    out += '{';
    for (const auto& member : *object) {
      line(indent + 1);
      write_string(out, {member.key().data(), member.key().size()});
      out += ": ";
      append_pretty(out, member.value(), indent + 1);
      out += ',';
    }
    out.pop_back();
    line(indent);
    out += '}';
  } else if (const auto* array = value.if_array(); array && !array->empty()) {
    out += '[';
    for (const auto& element : *array) {
      line(indent + 1);
      append_pretty(out, element, indent + 1);
      out += ',';
    }
    out.pop_back();
    line(indent);
    out += ']';
  } else if (const auto* text = value.if_string()) {
    write_string(out, {text->data(), text->size()});
  } else if (const auto* number = value.if_double()) {
    detail::write_double(out, *number);  // 0.2, not 2E-1
  } else {
    out += bj::serialize(value);
  }
}

}  // namespace

std::string pretty(const bj::value& value) {
  std::string out;
  append_pretty(out, value, 0);
  out += '\n';
  return out;
}

namespace detail {

void write_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  char digits[32];
  out.append(digits,
             static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, value).ptr - digits));
}

}  // namespace detail
}  // namespace stagedoor::json
