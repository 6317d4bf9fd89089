#include "app/instance/identity_provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

#include "adapters/system/random.h"
#include "app/instance/gauge.h"
#include "jwt/keys.h"

namespace stagedoor {
namespace {

constexpr std::size_t kSecretSize = 32;

bool is_url(const std::string& keys) { return keys.starts_with("https://") || keys.starts_with("http://"); }

jwks::Load load_of(const Config::Auth& auth) {
  return jwks::from({.url = auth.jwt_keys,
                     .private_targets = auth.jwt_private_targets,
                     .setting = "auth.jwt_private_targets"});
}

identity::JwtProofs::Options options_of(const Config::Auth& auth) {
  return {.claims = {.issuer = auth.jwt_issuer,
                     .audience = auth.jwt_audience,
                     .user_claim = auth.jwt_user_claim,
                     .user_form = auth.jwt_user_form == "hash" ? jwt::UserForm::hash : jwt::UserForm::uuid},
          .queue = {.threads = std::max(1U, std::thread::hardware_concurrency() / 2)}};
}

prometheus::ClientMetric counted(double count, const char* label, std::string_view value) {
  prometheus::ClientMetric metric;
  metric.counter.value = count;
  metric.label = {{label, std::string(value)}};
  return metric;
}

prometheus::MetricFamily proofs_metric(const identity::JwtProofs::Numbers& numbers) {
  prometheus::MetricFamily family{"stagedoor_identity_proofs_total",
                                  "Proofs of identity in requests, by what became of them",
                                  prometheus::MetricType::Counter,
                                  {}};
  const auto add = [&](std::string_view outcome, std::uint64_t count) {
    family.metric.push_back(counted(double(count), "outcome", outcome));
  };
  add("verified", numbers.verified);
  add("seen", numbers.seen);
  add("missing", numbers.missing);
  add("overloaded", numbers.overloaded);
  add("without_keys", numbers.without_keys);
  for (const auto& [why, count] : numbers.refused) add(jwt::to_string(why), count);
  return family;
}

prometheus::MetricFamily readings_metric(const jwks::KeyCache::Status& status) {
  return {"stagedoor_identity_key_readings_total",
          "Attempts to read the keys of the identity provider",
          prometheus::MetricType::Counter,
          {counted(double(status.readings - status.failures), "outcome", "read"),
           counted(double(status.failures), "outcome", "failed")}};
}

}  // namespace

void check_provider_keys(const Config& config) {
  if (config.auth.mode != "jwt" || is_url(config.auth.jwt_keys)) return;
  try {
    const auto keys = jwt::JwtKeys::parse(load_of(config.auth)({}));
    if (!keys) throw jwks::Unavailable(fmt::format("{} {}", keys.error().path, keys.error().message));
  } catch (const jwks::Unavailable& why) {
    throw std::runtime_error(
        fmt::format("auth.jwt_keys: {}: {}. Write the file with the keys of the identity provider (a JSON "
                    "Web Key Set), or "
                    "its URL with https://",
                    config.auth.jwt_keys, why.what()));
  }
}

IdentityProvider::IdentityProvider(const Config::Auth& auth)
    : keys_(auth.jwt_keys, load_of(auth),
            is_url(auth.jwt_keys) ? jwks::KeyCache::kOfUrl : jwks::KeyCache::kOfFile, clock_),
      proofs_(options_of(auth), keys_, clock_, system::system_random(kSecretSize)),
      reader_(
          {.name = "keys of the identity provider"},
          [this](const std::stop_token& stop) {
            proofs_.forget_revoked();
            return keys_.round(stop);
          },
          &system::system_random) {}

void IdentityProvider::start() {
  keys_.round({});
  reader_.start();
}

void IdentityProvider::stop() {
  reader_.stop();
  proofs_.stop();
}

std::vector<prometheus::MetricFamily> IdentityProvider::metrics() const {
  const auto status = keys_.status();
  const TimePoint now = clock_.now();
  const Millis age = status.fresh_at ? std::max(Millis(0), now - *status.fresh_at) : Millis(0);
  const auto numbers = proofs_.numbers();
  return {proofs_metric(numbers),
          gauge("stagedoor_identity_proofs_waiting", "Proofs of identity that wait to be verified",
                double(numbers.waiting)),
          gauge("stagedoor_identity_keys", "Keys of the identity provider that verify proofs",
                double(status.keys)),
          gauge("stagedoor_identity_keys_age_seconds", "Since they were last read",
                std::chrono::duration<double>(age).count()),
          readings_metric(status)};
}

}  // namespace stagedoor
