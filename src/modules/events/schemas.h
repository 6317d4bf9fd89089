// JSON Schemas of the delivered events, generated from the structs that write them (api/events/).
#pragma once

#include <map>
#include <string>

namespace stagedoor::events {

// By file name ("reservation.v1.json"). A schema allows unknown members, because a version may add members.
std::map<std::string, std::string> schemas();

}  // namespace stagedoor::events
