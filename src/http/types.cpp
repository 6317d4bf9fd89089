#include "http/types.h"

#include <fmt/format.h>

#include <array>

#include "core/hex.h"
#include "core/parse_number.h"
#include "http/render_refusal.h"

namespace stagedoor::http {
namespace {

constexpr std::array<std::string_view, kMethods> kNames = {"GET",   "HEAD",   "POST",   "PUT",
                                                           "PATCH", "DELETE", "OPTIONS"};

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (a == b) return true;  // most clients write names as we do
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string decode_query(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
               hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

Refusal malformed(std::string_view name, std::string_view must) {
  return {.code = Code::INVALID_REQUEST,
          .message = fmt::format("{} in the path {}", name, must),
          .details = {{.path = std::string(name), .message = std::string(must)}}};
}

}  // namespace

std::string_view to_string(Method method) { return kNames[static_cast<std::size_t>(method)]; }

std::optional<Method> parse_method(std::string_view text) {
  for (std::size_t i = 0; i < kMethods; ++i) {
    if (kNames[i] == text) return static_cast<Method>(i);
  }
  return std::nullopt;
}

bool Header::is(std::string_view other_name) const { return same_name(name, other_name); }

std::string_view Request::header(std::string_view name) const {
  for (const Header& header : headers) {
    if (header.is(name)) return header.value;
  }
  return {};
}

std::optional<std::string> Request::query(std::string_view name) const {
  std::string_view rest = raw_query;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const std::string_view key = pair.substr(0, pair.find('='));
    if (key == name || (key.find_first_of("%+") != key.npos && decode_query(key) == name)) {
      return decode_query(pair.substr(std::min(key.size() + 1, pair.size())));
    }
  }
  return std::nullopt;
}

std::string_view Request::parameter(std::string_view name) const {
  for (std::size_t i = 0; i < parameter_names.size(); ++i) {
    if (parameter_names[i] == name) return parameters[i];
  }
  return {};
}

Result<UserId> Request::user_id(std::string_view name) const {
  const auto user = parse_uuid(parameter(name));
  if (!user) return malformed(name, "must be a UUID");
  return *user;
}

Result<std::int64_t> parse_path_id(std::string_view name, std::string_view text, Code not_found) {
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  if (!digits || text.find_first_not_of('0') == text.npos)
    return malformed(name, "must be a whole number above 0");
  const auto id = parse_number<std::int64_t>(text);
  if (!id)
    return Refusal{.code = not_found, .message = fmt::format("There is no resource with the id {}", text)};
  return *id;
}

void Reply::wait_for(std::shared_ptr<LaterAnswer> later) {
  later->then([reply = std::move(*this)](Answer answer) mutable { reply(std::move(answer)); });
}

void Reply::abandon() noexcept {
  if (!sink_) return;
  std::exchange(sink_, nullptr)
      ->take(render_refusal({.code = Code::INTERNAL, .message = "The server failed to answer"}));
}

}  // namespace stagedoor::http
