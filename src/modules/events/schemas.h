// JSON Schemas of the events as sinks deliver them, made from the structs that write them (api/events/).
#pragma once

#include <map>
#include <string>

namespace stagedoor::events {

// By file name ("reservation.v1.json"). A schema allows unknown members: within a version members may be
// added.
std::map<std::string, std::string> schemas();

}  // namespace stagedoor::events
