#include "http/trace.h"

#include <algorithm>
#include <random>

#include "core/uuid.h"

namespace stagedoor::http {
namespace {

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) { return text.find_first_not_of('0') == text.npos; }

}  // namespace

IdSource::IdSource() {
  std::random_device device;
  state_ = static_cast<std::uint64_t>(device()) << 32 | device();
}

IdSource::Text IdSource::next() {
  // splitmix64 by Sebastiano Vigna: a counter with mixed bits, so that ids do not repeat and do not resemble
  // each other.
  std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
  mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
  mixed ^= mixed >> 31;
  Text text;
  for (char& c : text) {
    c = "0123456789abcdef"[mixed & 15];
    mixed >>= 4;
  }
  return text;
}

bool is_sane_request_id(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.' || c == ':';
  });
}

std::string path_for_log(std::string_view path, bool has_route) {
  constexpr std::size_t kPlainMax = 15;  // secrets have at least 16 characters
  std::string out;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    const bool is_plain = segment.size() <= kPlainMax || (has_route && parse_uuid(segment));
    out += is_plain ? segment : "…";
    if (end < path.size()) out += '/';
    begin = end + 1;
  }
  return out;
}

std::string continue_trace(std::string_view traceparent, const IdSource::Text& span) {
  // 00-TRACE(32)-PARENT(16)-FLAGS(2)
  if (traceparent.size() != 55 || !traceparent.starts_with("00-") || traceparent[35] != '-' ||
      traceparent[52] != '-')
    return {};
  const std::string_view trace = traceparent.substr(3, 32);
  const std::string_view parent = traceparent.substr(36, 16);
  const std::string_view flags = traceparent.substr(53);
  if (!is_lower_hex(trace) || !is_lower_hex(parent) || !is_lower_hex(flags) || is_zero(trace) ||
      is_zero(parent))
    return {};
  std::string out(traceparent);
  std::copy(span.begin(), span.end(), out.begin() + 36);
  return out;
}

}  // namespace stagedoor::http
