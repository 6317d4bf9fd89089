// The identity provider of mode `jwt` (R-W8): its keys, which a thread of its own keeps current, and the
// proofs that they verify.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "adapters/jwks/key_cache.h"
#include "adapters/system/clock.h"
#include "app/config/config.h"
#include "engine/worker.h"
#include "modules/identity/jwt_proofs.h"

namespace stagedoor {

// Throws std::runtime_error that names the cause if auth.jwt_keys is a file without a set of keys. A URL is
// not asked: its server may be away for a while.
void check_provider_keys(const Config& config);

class IdentityProvider {
 public:
  explicit IdentityProvider(const Config::Auth& auth);

  // Reads the keys and goes on reading them. A URL that does not answer delays it by 5 s; then it goes on
  // without keys.
  void start();
  // Ends its threads, which answer requests: before the server ends.
  void stop();

  identity::JwtProofs& proofs() { return proofs_; }
  std::vector<prometheus::MetricFamily> metrics() const;

 private:
  system::SystemClock clock_;
  jwks::KeyCache keys_;
  identity::JwtProofs proofs_;
  Worker reader_;
};

}  // namespace stagedoor
