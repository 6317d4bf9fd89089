// The OpenAPI 3.1 document of a router's routes (R-X8). The same routes give the same bytes: paths and
// schemas in alphabetical order, two spaces of indentation.
#pragma once

#include <string>

#include "http/router.h"

namespace stagedoor::http {

std::string openapi(const Router& router, const std::string& version);

}  // namespace stagedoor::http
