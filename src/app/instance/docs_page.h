// The page under /docs: Swagger UI, served by this server (R-X8).
#pragma once

#include <filesystem>

#include "http/router.h"

namespace stagedoor {

// The folder of files for browsers if http.static_dir is empty: share/ beside the running binary.
std::filesystem::path default_static_dir();

// Serves `static_dir`/swagger at /docs. Without those files /docs is a page that explains how to get them.
void add_docs_page(http::Router& router, const std::filesystem::path& static_dir);

}  // namespace stagedoor
