#include "api/paging.h"

#include "core/parse_number.h"
#include "json/schema.h"

namespace stagedoor::api {
namespace {

constexpr int kLimitMax = 200;

}  // namespace

Result<PageAt> page_of(const http::Request& request) {
  PageAt at;
  std::vector<FieldError> errors;
  if (const auto limit = request.query("limit")) {
    const int rows = parse_number<int>(*limit).value_or(0);
    if (rows >= 1 && rows <= kLimitMax) at.limit = rows;
    else errors.push_back({"limit", "must be a whole number from 1 to 200"});
  }
  if (const auto cursor = request.query("cursor")) {
    at.before = parse_number<std::int64_t>(*cursor).value_or(0);
    if (at.before < 1) errors.push_back({"cursor", "must be the nextCursor of an earlier page"});
  }
  if (errors.empty()) return at;
  return Refusal{
      .code = Code::INVALID_REQUEST, .message = "There is no such page.", .details = std::move(errors)};
}

std::vector<http::Parameter> page_parameters() {
  return {
      {.name = "limit",
       .description = "Rows per page",
       .schema = [](http::Components&) -> boost::json::value {
         return {{"type", "integer"}, {"minimum", 1}, {"maximum", kLimitMax}, {"default", PageAt{}.limit}};
       }},
      {.name = "cursor",
       .description = "nextCursor of the previous page",
       .schema = [](http::Components&) -> boost::json::value {
         return {{"type", "string"}, {"pattern", "^[1-9][0-9]{0,17}$"}};
       }}};
}

}  // namespace stagedoor::api
