// Settings that are allowed and unwise: verify-config warns of them.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "app/config/config.h"
#include "app/config/secrets.h"
#include "app/config/settings.h"

namespace stagedoor {
namespace {

constexpr Millis kDay{86'400'000};

bool is_everybody(const std::string& network) { return network.ends_with("/0"); }

class Advice {
 public:
  explicit Advice(const LoadedConfig& loaded) : loaded_(loaded), c_(loaded.config) {}

  std::vector<std::string> all() {
    who_reaches_it();
    secrets();
    limits();
    operation();
    return std::move(advice_);
  }

 private:
  void add(std::string_view setting, const std::string& message) {
    advice_.push_back(fmt::format("{}: {}", setting, message));
  }

  void who_reaches_it() {
    const std::string& listen = c_.http.listen;
    if (is_beyond_loopback(listen)) {
      if (c_.auth.trust_clients)
        add("auth.trust_clients",
            fmt::format("who reaches {} can act as any user; let only your load balancers reach it", listen));
      if (c_.wallet.charge_by == "user")
        add("wallet.charge_by",
            fmt::format("who reaches {} can add money to any wallet; operator leaves that to operator keys",
                        listen));
      if (c_.http.tls_certificate.empty())
        add("http.tls_certificate",
            fmt::format(
                "is empty, so tokens reach {} as plain text; a proxy that ends TLS must be on the same "
                "closed network",
                listen));
      if (c_.http.admin_listen.empty())
        add("http.admin_listen",
            fmt::format(
                "is empty, so {} answers /metrics and /admin, too; set it, or close these paths in the "
                "proxy",
                listen));
    }
    if (is_beyond_loopback(c_.http.admin_listen))
      add("http.admin_listen",
          fmt::format("{} tells revenue to everybody who reaches it", c_.http.admin_listen));
    if (std::ranges::any_of(c_.http.trusted_proxies, is_everybody))
      add("http.trusted_proxies", "trusts every address, so clients choose the address that limits count by");
  }

  void secrets() {
    const std::pair<const char*, const char*> all[] = {{"auth.keys", "act as any user"},
                                                       {"admin.keys", "act as any operator"},
                                                       {"tickets.keys", "make tickets"}};
    for (const auto& [setting, what] : all) {
      const auto found = loaded_.origins.find(setting);
      const std::string origin = found == loaded_.origins.end() ? "default" : found->second;
      const std::string variable = environment_name(setting);
      if (origin.starts_with("flag "))
        add(setting,
            fmt::format("flags of a process are seen by every user of the machine; use {}", variable));
      else if (origin != "default" && !origin.starts_with("environment "))
        add(setting, fmt::format("stands in {}; who reads that file can {}. Use {} from a file of mode 0600",
                                 origin, what, variable));
    }
    if (c_.auth.mode == "jwt" && c_.auth.jwt_keys.starts_with("http://"))
      add("auth.jwt_keys",
          "the keys come without encryption; who is on the way between can act as any user. Write https://, "
          "or "
          "keep the provider on this machine");
    if (c_.auth.mode == "jwt" && !c_.auth.oidc_client_id.empty() &&
        c_.auth.oidc_client_id != c_.auth.jwt_audience)
      add("auth.jwt_audience",
          "is not auth.oidc_client_id: the pages prove who the fan is by the ID token, whose audience is the "
          "client, so nobody can join there");
    if (c_.auth.token_lifetime < kDay)
      add("auth.token_lifetime", "users who paid lose the proof of who they are within a day");
  }

  void limits() {
    const auto warn_if_off = [&](std::string_view setting, const std::vector<std::string>& rates) {
      if (rates.empty() || rates.front() == "0")
        add(setting, "is off for an address, so one client can keep the others out");
    };
    warn_if_off("limits.join", c_.limits.join);
    warn_if_off("limits.poll", c_.limits.poll);
    warn_if_off("limits.read", c_.limits.read);
    warn_if_off("limits.write", c_.limits.write);
    if (c_.limits.keys.empty() || c_.limits.keys.front() == "0")
      add("limits.keys", "is off, so operator keys can be guessed as fast as the server answers");
    if (std::ranges::any_of(c_.limits.exempt, is_everybody)) add("limits.exempt", "exempts every address");
  }

  void operation() {
    if (!c_.store.is_postgres() && !store_file(c_))
      add("store.url", "everything is lost when the server ends");
    if (const auto missing = missing_folder(c_.store)) add("store.url", *missing);
    if (c_.store.is_postgres() && c_.http.stop_delay == Millis(0))
      add("http.stop_delay",
          "is 0s, so a load balancer sends calls to an instance that stops already; write 2s");
    if (c_.http.stop_grace < Millis(1000)) add("http.stop_grace", "a stop cuts off requests under way");
    if (c_.log.level == "debug") add("log.level", "debug writes a line for each request");
  }

  const LoadedConfig& loaded_;
  const Config& c_;
  std::vector<std::string> advice_;
};

}  // namespace

std::optional<std::string> missing_folder(const Config::Store& store) {
  Config config;
  config.store = store;
  const auto file = store_file(config);
  if (!file) return std::nullopt;
  const auto folder = std::filesystem::path(*file).parent_path();
  std::error_code error;
  if (folder.empty() || std::filesystem::is_directory(folder, error)) return std::nullopt;
  return fmt::format("the folder {} of {} is not there; make it (mkdir -p {}), or name another file",
                     folder.string(), store.url, folder.string());
}

std::vector<std::string> config_advice(const LoadedConfig& loaded) { return Advice(loaded).all(); }

}  // namespace stagedoor
