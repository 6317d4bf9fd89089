// Time zones by their IANA names, from the system's database.
#pragma once

#include <absl/time/time.h>

#include <optional>
#include <string>

namespace stagedoor {

// nullopt: there is no such zone. Any thread; the first call for a zone reads its file.
std::optional<absl::TimeZone> find_time_zone(const std::string& name);

}  // namespace stagedoor
