#include "json/schema.h"

namespace stagedoor::json::detail {
namespace bj = boost::json;

bj::value named(std::string_view type, std::string_view format) {
  bj::object schema{{"type", bj::string_view(type.data(), type.size())}};
  if (!format.empty()) schema["format"] = bj::string_view(format.data(), format.size());
  return schema;
}

bj::value or_null(bj::value schema) {
  auto& object = schema.as_object();
  if (auto* type = object.if_contains("type"); type && type->is_string()) {
    *type = bj::array{*type, "null"};
    if (auto* values = object.if_contains("enum")) values->as_array().emplace_back(nullptr);
    return schema;
  }
  return {{"anyOf", {std::move(schema), {{"type", "null"}}}}};
}

}  // namespace stagedoor::json::detail
