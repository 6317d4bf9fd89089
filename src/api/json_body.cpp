#include "api/json_body.h"

#include "core/refusals.h"

namespace stagedoor::api {

std::optional<Refusal> refuse_other_type(const http::Request& request) {
  if (request.body.empty()) return std::nullopt;
  std::string_view type = request.header("Content-Type");
  type = type.substr(0, type.find(';'));
  type = type.substr(0, type.find_last_not_of(" \t") + 1);
  if (http::Header{type, {}}.is("application/json")) return std::nullopt;
  return invalid("Content-Type", "must be application/json");
}

bool is_empty_body(std::string_view body) {
  std::string rest;
  for (const char c : body) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    rest += c;
    if (rest.size() > 2) return false;
  }
  return rest.empty() || rest == "{}";
}

}  // namespace stagedoor::api
