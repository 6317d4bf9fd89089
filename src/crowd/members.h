// The members of an answer's objects; each throws std::exception when there is none of that form.
#pragma once

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <cstdint>
#include <stdexcept>
#include <string_view>

#include "core/time.h"

namespace stagedoor::crowd {

inline std::int64_t whole(const boost::json::object& object, std::string_view name) {
  return object.at(name).to_number<std::int64_t>();
}

inline std::string_view text(const boost::json::object& object, std::string_view name) {
  return object.at(name).as_string();
}

inline TimePoint instant(const boost::json::object& object, std::string_view name) {
  const auto at = parse_rfc3339(text(object, name));
  if (!at) throw std::runtime_error(fmt::format("`{}` is not a time", name));
  return *at;
}

}  // namespace stagedoor::crowd
