// Secrets the server makes for itself when the settings name none, and keeps beside the store: signing keys
// of tokens, and the first operator key. Files are readable by their owner only. Secrets never reach a log.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/config/config.h"

namespace stagedoor {

// Keys for tokens, newest first: auth.keys, else the file "<store>.keys" (one secret a line), made when
// absent. A store in memory has keys that nobody keeps. Throws std::runtime_error, saying what to do, when
// the file cannot be used.
std::vector<std::string> signing_keys(const Config& config);

// Operator keys as in admin.keys ("name:role:secret"), else the one in "<store>.operator", made when absent.
// `made` is set when it was made just now: then it is to be shown, once.
struct OperatorSecrets {
  std::vector<std::string> keys;
  std::optional<std::string> made;
};
OperatorSecrets operator_secrets(const Config& config);

// The file of an embedded store ("sqlite:FILE"); nothing for one in memory or on a server.
std::optional<std::string> store_file(const Config& config);

}  // namespace stagedoor
