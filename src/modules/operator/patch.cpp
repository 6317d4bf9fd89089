#include "modules/operator/patch.h"

#include <boost/json/object.hpp>

namespace stagedoor::operators {

void merge_patch(boost::json::value& target, const boost::json::value& patch) {
  if (!patch.is_object()) {
    target = patch;
    return;
  }
  if (!target.is_object()) target = boost::json::object();
  auto& members = target.get_object();
  for (const auto& member : patch.get_object()) {
    if (member.value().is_null()) members.erase(member.key());
    else merge_patch(members[member.key()], member.value());
  }
}

}  // namespace stagedoor::operators
