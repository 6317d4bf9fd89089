// Reads the text of a JSON Web Key Set from a file or a URL. What becomes of it: key_cache.h.
#pragma once

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <stop_token>
#include <string>

#include "core/time.h"

namespace stagedoor::jwks {

inline constexpr std::size_t kSetMax = 256 * 1024;  // bytes

// The keys cannot be read now.
struct Unavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Returns the text; waits for input, so not for I/O threads. Throws Unavailable.
using Load = std::function<std::string(const std::stop_token& stop)>;

Load from_file(std::filesystem::path path);

struct UrlOptions {
  std::string url;  // https:// or http://
  // As of webhooks (R-E2): addresses that are not public may be connected to. http:// goes only to them.
  bool private_targets = false;
  std::string setting;  // the name of the setting that says so
  Millis total_limit{5'000};
};
// A GET that must be answered with 200. It is limited as all outgoing requests are, and ends soon after a
// stop request.
Load from_url(UrlOptions options);

// from_url() for https:// and http://, else from_file().
Load from(UrlOptions options);

}  // namespace stagedoor::jwks
