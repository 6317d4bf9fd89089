// Examples for the API document, made from the schemas, so that they cannot differ from the types.
#pragma once

#include <boost/json/value.hpp>

#include "http/components.h"

namespace stagedoor::http {

// A value that the schema describes. The same schema gives the same value.
boost::json::value example_of(const boost::json::value& schema, const Components& components);

}  // namespace stagedoor::http
