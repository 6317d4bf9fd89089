// JSON merge patch (RFC 7396): applies a PATCH body to a document.
#pragma once

#include <boost/json/value.hpp>

namespace stagedoor::operators {

// Members of `patch` replace those of `target`, objects are merged member by member, null removes.
void merge_patch(boost::json::value& target, const boost::json::value& patch);

}  // namespace stagedoor::operators
