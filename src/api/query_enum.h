// Parameters of the query that name one of a few values, such as `?status=`.
#pragma once

#include <boost/describe/enum_from_string.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/refusals.h"
#include "http/types.h"

namespace stagedoor::api {

// nullopt if the parameter is absent. INVALID_REQUEST names the values of the described enum.
template <class Enum>
Result<std::optional<Enum>> query_enum(const http::Request& request, std::string_view name) {
  const auto text = request.query(name);
  if (!text) return std::optional<Enum>();
  Enum value{};
  if (boost::describe::enum_from_string(text->c_str(), value)) return std::optional(value);
  std::string names;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enum>>(
      [&](auto known) { names += (names.empty() ? "" : ", ") + std::string(known.name); });
  return invalid(name, "must be one of " + names);
}

}  // namespace stagedoor::api
