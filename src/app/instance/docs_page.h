// The page under /docs: Swagger UI, served from this machine (R-X8).
#pragma once

#include <filesystem>

#include "http/router.h"

namespace stagedoor {

// The folder of files for browsers when http.static_dir is empty: share/ beside the running binary.
std::filesystem::path default_static_dir();

// Serves `static_dir`/swagger at /docs. Without those files /docs is a page that says how to get them.
void add_docs_page(http::Router& router, const std::filesystem::path& static_dir);

}  // namespace stagedoor
