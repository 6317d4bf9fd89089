#include "json/read.h"

#include <fmt/format.h>

#include <cmath>

#include "core/parse_number.h"

namespace stagedoor::json {
namespace bj = boost::json;

namespace {

constexpr TimePoint kFirstTime = from_ms(-62'167'219'200'000);  // 0000-01-01
constexpr TimePoint kLastTime = from_ms(253'402'300'799'999);   // 9999-12-31T23:59:59.999

std::optional<std::string_view> text_of(const bj::value& in) {
  if (const auto* text = in.if_string()) return std::string_view(text->data(), text->size());
  return std::nullopt;
}

}  // namespace

namespace detail {

void read_bool(const bj::value& in, bool& out, FieldErrors& errors) {
  if (const bool* value = in.if_bool()) out = *value;
  else errors.add_here("must be true or false");
}

void read_integer(const bj::value& in, std::int64_t& out, std::int64_t min, std::int64_t max,
                  FieldErrors& errors) {
  const auto* value = in.if_int64();
  if (value && *value >= min && *value <= max) {
    out = *value;
  } else if (value || in.is_uint64()) {
    errors.add_here(fmt::format("must be from {} to {}", min, max));
  } else {
    errors.add_here("must be a whole number");
  }
}

void read_double(const bj::value& in, double& out, FieldErrors& errors) {
  const double value = in.is_double()   ? in.get_double()
                       : in.is_int64()  ? static_cast<double>(in.get_int64())
                       : in.is_uint64() ? static_cast<double>(in.get_uint64())
                                        : NAN;
  if (std::isfinite(value)) out = value;
  else errors.add_here("must be a number");
}

void read_string(const bj::value& in, std::string& out, FieldErrors& errors) {
  if (const auto text = text_of(in)) out = *text;
  else errors.add_here("must be a text");
}

void read_id(const bj::value& in, std::int64_t& out, FieldErrors& errors) {
  std::int64_t id = in.is_int64() ? in.get_int64() : 0;
  if (const auto text = text_of(in)) id = parse_number<std::int64_t>(*text).value_or(0);
  if (id > kIdMax) errors.add_here(fmt::format("must be an id: at most {}", kIdMax));
  else if (id > 0) out = id;
  else errors.add_here("must be an id: a whole number above 0");
}

void read_uuid(const bj::value& in, Uuid& out, FieldErrors& errors) {
  const auto text = text_of(in);
  const auto uuid = text ? parse_uuid(*text) : std::nullopt;
  if (uuid) out = *uuid;
  else errors.add_here("must be a UUID");
}

void read_time(const bj::value& in, TimePoint& out, FieldErrors& errors) {
  const auto text = text_of(in);
  const auto at = text ? parse_rfc3339(*text) : std::nullopt;
  if (at && *at >= kFirstTime && *at <= kLastTime) out = *at;
  else errors.add_here("must be a time in RFC 3339, such as 2026-01-01T00:00:00Z");
}

void read_duration(const bj::value& in, Millis& out, FieldErrors& errors) {
  const auto text = text_of(in);
  const auto duration = text ? parse_duration(*text) : std::nullopt;
  if (duration) out = *duration;
  else errors.add_here("must be a duration, such as 5m, 30s or 250ms");
}

}  // namespace detail
}  // namespace stagedoor::json
