// Files for browsers below a path: read once at the start, served from memory.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "http/router.h"

namespace stagedoor::http {

struct StaticSite {
  std::filesystem::path folder;
  std::string prefix;  // "/docs"; "" serves the folder at the root
  // Complete header lines of every file, besides Content-Type and ETag.
  std::string headers = "Cache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\n";
};

// By the ending of a file's name.
std::string_view content_type_of(const std::filesystem::path& file);

// Adds a GET route for every file. "index.html" also answers for its folder, and the prefix alone redirects
// to the folder, so that relative links work. Files that appear later are not served; files outside the
// folder cannot be reached. Returns the number of files.
std::size_t add_static_site(Router& router, const StaticSite& site);

}  // namespace stagedoor::http
