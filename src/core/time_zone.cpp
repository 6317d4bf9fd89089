#include "core/time_zone.h"

#include <algorithm>
#include <cctype>

namespace stagedoor {

std::optional<absl::TimeZone> find_time_zone(const std::string& name) {
  constexpr std::size_t kNameMax = 64;
  // A name is the path of a file, so it must stay inside the database. "localtime" differs between machines.
  const auto is_allowed = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '/' || c == '_' || c == '-' || c == '+';
  };
  absl::TimeZone zone;
  const bool is_name = !name.empty() && name.size() <= kNameMax && name != "localtime" &&
                       std::isalpha(static_cast<unsigned char>(name.front())) != 0 &&
                       std::ranges::all_of(name, is_allowed);
  if (!is_name || !absl::LoadTimeZone(name, &zone)) return std::nullopt;
  return zone;
}

}  // namespace stagedoor
