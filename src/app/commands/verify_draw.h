// `stagedoor verify-draw`: recomputes the draw of an event from what is published of it (R-Q13). Needs no
// store, no key and no settings, so that anybody can run it against anybody's server.
#pragma once

#include <cstdint>
#include <string>

namespace stagedoor {

struct VerifyDrawOptions {
  std::int64_t event = 0;
  std::string url;   // of the server that publishes it, or
  std::string file;  // its answer, saved
  // Each "" when it is not there:
  std::string token;       // of a fan
  std::string commitment;  // as it was noted before the draw
  std::string list;        // file of the joins
  std::string ranks;       // file to write every rank to
};

// Prints a line a check, OK or WRONG. 0: all agree; 1: something does not, or nothing is drawn yet; 2: what
// was given cannot be read.
int run_verify_draw(const VerifyDrawOptions& options);

}  // namespace stagedoor
