// Ids in the query: `?event=7`.
#pragma once

#include <optional>
#include <string_view>

#include "core/parse_number.h"
#include "core/refusals.h"
#include "http/types.h"

namespace stagedoor::operators {

// nullopt if the parameter is absent.
template <class Id>
Result<std::optional<Id>> query_id(const http::Request& request, std::string_view name) {
  const auto text = request.query(name);
  if (!text) return std::optional<Id>();
  const auto id = parse_number<std::int64_t>(*text);
  if (!id || *id < 1) return invalid(name, "must be a whole number above 0");
  return std::optional(Id{*id});
}

}  // namespace stagedoor::operators
