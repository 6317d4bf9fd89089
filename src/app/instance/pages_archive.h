// The pages for fans as they are in the program: built from web/ by ./x, each file compressed in advance.
// Without npm the program is built without them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stagedoor {

struct PageFile {
  std::string_view path;      // "/wait/{eventId}", "/assets/wait.1a2b3c.js"
  std::string_view language;  // of an HTML file: "ko" or "en"; empty: of no language
  std::string_view gzip;
};

// The file that was built in; empty without pages.
std::string_view embedded_pages();

// The files of an archive (web/build/pack.mjs writes it), as views into it. A malformed archive is a bug:
// ensure().
std::vector<PageFile> read_pages(std::string_view archive);

// The contents of a file.
std::string unzip(std::string_view gzip);

}  // namespace stagedoor
