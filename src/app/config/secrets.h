// Secrets that the server creates if the settings have none, and keeps beside the store: signing keys of
// tokens, and the first operator key. Only the owner can read the files. Secrets are never logged.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/config/config.h"

namespace stagedoor {

// Characters of the shortest secret that is taken.
inline constexpr std::size_t kSecretLeast = 16;

// Keys for tokens, newest first: auth.keys, else the file "<store>.keys" (one secret a line), created if
// absent, unless `has_places()`: the keys of the tokens that were given out are lost then. Keys of an
// in-memory store are not saved. Throws std::runtime_error, which says what to do, if the file cannot be
// used: others can read or write it, or a key is short.
std::vector<std::string> signing_keys(const Config& config, const std::function<bool()>& has_places);

// Operator keys as in admin.keys ("name:role:secret"), else the one in "<store>.operator", created if absent.
// Sets `made` if the key is new; then show it once.
struct OperatorSecrets {
  std::vector<std::string> keys;
  std::optional<std::string> made;
};
OperatorSecrets operator_secrets(const Config& config);

// The keys as the settings and the files beside the store have them now; nullopt: neither has any. Creates
// nothing. Throws as above.
struct StoredKeys {
  std::optional<std::vector<std::string>> signing;
  std::optional<std::vector<std::string>> operators;
};
StoredKeys reread_keys(const Config& config);

// The file of an embedded store ("sqlite:FILE"); nullopt for a store in memory or on a server.
std::optional<std::string> store_file(const Config& config);

}  // namespace stagedoor
