// Rules of the settings beyond type and range.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "app/config/config.h"
#include "app/config/kafka_url.h"
#include "core/parse_number.h"
#include "core/rate.h"

namespace stagedoor {
namespace {

struct Listen {
  std::string host;
  int port = 0;
  bool loopback = false;
};

// 4 or 6 for an address in text form, else 0.
int address_family(const std::string& host) {
  unsigned char bytes[16];
  if (inet_pton(AF_INET, host.c_str(), bytes) == 1) return 4;
  if (inet_pton(AF_INET6, host.c_str(), bytes) == 1) return 6;
  return 0;
}

bool is_loopback(const std::string& host) {
  unsigned char bytes[16];
  if (inet_pton(AF_INET, host.c_str(), bytes) == 1) return bytes[0] == 127;
  if (inet_pton(AF_INET6, host.c_str(), bytes) != 1) return host == "localhost";
  for (int i = 0; i < 15; ++i) {
    if (bytes[i] != 0) return false;
  }
  return bytes[15] == 1;
}

std::optional<Listen> parse_listen(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed) host = host.substr(1, host.size() - 2);
  Listen listen{std::string(host), port.value_or(0), false};
  const int family = address_family(listen.host);
  if (!port || (family != (bracketed ? 6 : 4) && listen.host != "localhost")) return std::nullopt;
  listen.loopback = is_loopback(listen.host);
  return listen;
}

bool is_network(std::string_view text) {
  const auto slash = text.find('/');
  const int family = address_family(std::string(text.substr(0, slash)));
  if (family == 0 || slash == std::string_view::npos) return family != 0;
  const auto bits = parse_number<unsigned>(text.substr(slash + 1));
  return bits && *bits <= (family == 4 ? 32u : 128u);
}

constexpr std::size_t kSinkNameMax = 32;

// Of a valid operator key. It may have colons.
std::string_view secret_of(std::string_view key) { return key.substr(key.find(':', key.find(':') + 1) + 1); }

class Rules {
 public:
  explicit Rules(LoadedConfig& loaded) : loaded_(loaded), c_(loaded.config) {}

  void check() {
    http();
    places_of_data();
    sinks();
    webhook_secrets();
    auth();
    ticket_keys();
    limits();
    beyond_loopback("http.listen", c_.http.listen);
    if (!c_.http.admin_listen.empty()) beyond_loopback("http.admin_listen", c_.http.admin_listen);
    behind_proxies();
  }

 private:
  void add_error(std::string_view setting, const std::string& message) {
    std::string& origin = loaded_.origins[std::string(setting)];
    loaded_.errors.push_back({origin, fmt::format("{} {}", setting, message)});
  }

  void http() {
    constexpr const char* kForm = "is not an address; write IP:PORT, such as 127.0.0.1:8080 or [::1]:8080";
    if (!parse_listen(c_.http.listen)) add_error("http.listen", kForm);
    if (!c_.http.admin_listen.empty() && !parse_listen(c_.http.admin_listen))
      add_error("http.admin_listen", kForm);
    if (c_.http.tls_certificate.empty() != c_.http.tls_key.empty()) {
      const bool no_key = c_.http.tls_key.empty();
      add_error(no_key ? "http.tls_certificate" : "http.tls_key",
                fmt::format("is set alone; set {} as well, TLS needs both",
                            no_key ? "http.tls_key" : "http.tls_certificate"));
    }
    for (const auto& network : c_.http.trusted_proxies) {
      if (!is_network(network)) {
        add_error(
            "http.trusted_proxies",
            fmt::format("has the invalid network \"{}\"; write networks such as 10.0.0.0/8 or 192.0.2.7",
                        network));
      }
    }
  }

  void limits() {
    const auto check_rates = [&](std::string_view setting, const std::vector<std::string>& texts,
                                 std::size_t count) {
      const bool is_good = texts.size() <= count && std::ranges::all_of(texts, [](const auto& text) {
                             return parse_rate(text).has_value();
                           });
      if (is_good) return;
      add_error(setting, fmt::format("has an invalid rate or too many; write at most {}, each as N/s+BURST, "
                                     "N/min or N/h, such as 200/s+2000; 0: no limit",
                                     count));
    };
    check_rates("limits.join", c_.limits.join, 3);
    check_rates("limits.poll", c_.limits.poll, 1);
    check_rates("limits.read", c_.limits.read, 2);
    check_rates("limits.write", c_.limits.write, 2);
    check_rates("limits.keys", c_.limits.keys, 1);
    const auto is_count = [](std::string_view text) { return parse_number<std::uint32_t>(text).has_value(); };
    if (c_.limits.streams.size() > 2 || !std::ranges::all_of(c_.limits.streams, is_count))
      add_error("limits.streams", "must be at most two numbers: of one address, of one token; 0: no limit");
    std::string_view connections = c_.limits.connections;
    const bool is_share = connections.ends_with('%');
    if (is_share) connections.remove_suffix(1);
    const auto count = parse_number<std::uint32_t>(connections);
    if (!count || (is_share && *count > 100))
      add_error("limits.connections", "must be a number, or a share such as 25%; 0: no limit");
    for (const auto& network : c_.limits.exempt) {
      if (!is_network(network)) {
        add_error("limits.exempt",
                  fmt::format("has the invalid network \"{}\"; write networks such as 10.0.0.0/8", network));
      }
    }
  }

  void places_of_data() {
    const std::string_view url = c_.store.url;
    if (!c_.store.is_postgres() && (!url.starts_with("sqlite:") || url == "sqlite:")) {
      add_error(
          "store.url",
          "is not a known URL; write sqlite:FILE, sqlite::memory: or postgres://USER:PASSWORD@HOST/DATABASE");
    }
    const bool is_known = c_.room.url.empty() || c_.room.url.starts_with("redis://") ||
                          parse_kafka_url(c_.room.url).has_value();
    if (!is_known)
      add_error(
          "room.url",
          "is not a known URL; write redis://HOST:PORT or kafka://HOST:PORT[,HOST:PORT]/TOPIC (passwords: "
          "room.kafka), or leave it empty (the store keeps the queue)");
  }

  void sinks() {
    const auto& events = c_.events;
    if (events.drop_after > Millis(0) && events.drop_after <= events.keep) {
      add_error("events.drop_after",
                "must be longer than events.keep, or 0s: the alarm comes before events are removed");
    }
    std::set<std::string> names, urls;
    for (std::size_t i = 0; i < c_.events.sinks.size(); ++i) {
      const auto sink = parse_sink(c_.events.sinks[i]);
      if (!sink) {
        add_error("events.sinks",
                  fmt::format("has an invalid entry (number {}); write NAME=URL with a name of a-z, 0-9, "
                              "- and _, at most {} characters long, such as out=stdout:",
                              i + 1, kSinkNameMax));
      } else if (const auto instead = wrong_sink_url(sink->url)) {
        add_error("events.sinks", fmt::format("has an unsupported URL for {}; {}", sink->name, *instead));
      } else if (!names.insert(sink->name).second) {
        add_error("events.sinks",
                  fmt::format("has the name {} twice; give each sink its own name", sink->name));
      } else if (!urls.insert(sink->url).second) {
        add_error("events.sinks",
                  fmt::format("has {} twice; their lines would mix, so name it once", sink->url));
      }
    }
    kafka_properties("events.kafka", c_.events.kafka);
    kafka_properties("room.kafka", c_.room.kafka);
  }

  void kafka_properties(std::string_view setting, const std::vector<std::string>& properties) {
    for (std::size_t i = 0; i < properties.size(); ++i) {
      const auto equals = properties[i].find('=');
      if (equals == std::string::npos || equals == 0) {
        add_error(setting, fmt::format("has an invalid entry (number {}); write NAME=VALUE with the name "
                                       "of a property of librdkafka",
                                       i + 1));
      }
    }
  }

  // What to write instead; nullopt: the URL is right.
  std::optional<std::string> wrong_sink_url(std::string_view url) const {
    if (url == "stdout:") return std::nullopt;
    if (is_kafka_url(url)) {
      if (parse_kafka_url(url)) return std::nullopt;
      return "write kafka://HOST:PORT[,HOST:PORT]/TOPIC (passwords: events.kafka)";
    }
    if (!is_webhook(url)) return "write stdout:, kafka://HOST:PORT/TOPIC or https://HOST/PATH instead";
    if (has_user(url)) return "leave out user and password; events.webhook_secrets proves who sends";
    return wrong_target(url, c_.events.private_targets, "events.private_targets");
  }

  static std::string_view host_of(std::string_view url) {
    const auto begin = url.find("://") + 3;
    return url.substr(begin, url.find_first_of("/?#", begin) - begin);
  }
  static bool has_user(std::string_view url) { return host_of(url).find('@') != std::string_view::npos; }

  // What to write instead of an https:// or http:// URL that this server sends requests to.
  static std::optional<std::string> wrong_target(std::string_view url, bool takes_private,
                                                 std::string_view private_setting) {
    const std::string_view host = host_of(url);
    const auto is_visible = [](char c) { return c > ' ' && c < '\x7f'; };
    if (host.empty() || host.starts_with(':') || !std::ranges::all_of(url, is_visible))
      return "write https://HOST/PATH";
    if (url.starts_with("http://") && !takes_private)
      return fmt::format("write https:// instead, or set {} = true if the receiver has a private address",
                         private_setting);
    return std::nullopt;
  }

  void webhook_secrets() {
    const auto& secrets = c_.events.webhook_secrets;
    const auto webhook = std::ranges::find_if(c_.events.sinks, [](const auto& text) {
      const auto sink = parse_sink(text);
      return sink && is_webhook(sink->url);
    });
    constexpr const char* kMake = "the 64 digits of `openssl rand -hex 32`";
    if (webhook != c_.events.sinks.end() && secrets.empty()) {
      add_error("events.webhook_secrets",
                fmt::format("is empty, but {} needs a secret to sign its requests; use, for example, {}",
                            parse_sink(*webhook)->name, kMake));
      loaded_.errors.back().is_missing_secret = true;
    }
    for (std::size_t i = 0; i < secrets.size(); ++i) {
      if (secrets[i].size() >= kSecretLeast) continue;
      add_error("events.webhook_secrets",
                fmt::format("has a secret (number {}) shorter than {} characters; use, for example, {}",
                            i + 1, kSecretLeast, kMake));
    }
  }

  void gateway() {
    if (c_.auth.mode != "gateway") return;
    if (c_.http.trusted_proxies.empty())
      add_error(
          "http.trusted_proxies",
          "is empty, but auth.mode = gateway believes trusted proxies only; name the addresses of the proxy");
    if (c_.auth.gateway_secret.size() < kSecretLeast)
      add_error("auth.gateway_secret",
                fmt::format(
                    "is shorter than {} characters, and auth.mode = gateway needs it; use, for example, the "
                    "64 digits of `openssl rand -hex 32`",
                    kSecretLeast));
    const auto is_name = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    };
    if (c_.auth.gateway_header.empty() || !std::ranges::all_of(c_.auth.gateway_header, is_name))
      add_error("auth.gateway_header", "is not the name of a header; write letters, digits and -");
  }

  void jwt() {
    if (c_.auth.mode != "jwt") return;
    const auto need = [&](std::string_view setting, const std::string& value, std::string_view instead) {
      if (value.empty())
        add_error(setting, fmt::format("is empty, but auth.mode = jwt needs it; write {}", instead));
    };
    need("auth.jwt_keys", c_.auth.jwt_keys,
         "the https:// URL of the provider's keys (jwks_uri in its /.well-known/openid-configuration), or a "
         "file with them");
    need("auth.jwt_issuer", c_.auth.jwt_issuer, "what `iss` of its tokens is, such as https://id.example");
    need("auth.jwt_audience", c_.auth.jwt_audience,
         "what `aud` of the tokens for this server is, such as the client id of the pages");
    need("auth.jwt_user_claim", c_.auth.jwt_user_claim, "the claim that names the user, such as sub");
    if (const auto instead = wrong_keys(c_.auth.jwt_keys))
      add_error("auth.jwt_keys", fmt::format("is not supported; {}", *instead));
  }

  // What to write instead; nullopt: it is a file or a right URL.
  std::optional<std::string> wrong_keys(std::string_view keys) const {
    if (!keys.starts_with("https://") && !keys.starts_with("http://")) {
      if (keys.find("://") == std::string_view::npos) return std::nullopt;
      return "write https://HOST/PATH or the name of a file";
    }
    if (has_user(keys)) return "leave out user and password; the keys are public";
    return wrong_target(keys, c_.auth.jwt_private_targets, "auth.jwt_private_targets");
  }

  void oidc() {
    const std::string_view issuer = c_.auth.oidc_issuer;
    // It stands in a header of the pages, so it must be one address and nothing else.
    const bool is_address = (issuer.starts_with("https://") || issuer.starts_with("http://")) &&
                            !has_user(issuer) && std::ranges::all_of(issuer, [](char c) {
                              return c > ' ' && c < '\x7f' && !std::strchr("?#;,'\"", c);
                            });
    if (!issuer.empty() && !is_address)
      add_error("auth.oidc_issuer", "is not an address; write https://HOST or https://HOST/PATH");
    if (c_.auth.oidc_issuer.empty() == c_.auth.oidc_client_id.empty()) return;
    const bool no_issuer = c_.auth.oidc_issuer.empty();
    add_error(
        no_issuer ? "auth.oidc_client_id" : "auth.oidc_issuer",
        fmt::format("is set alone; set {} as well", no_issuer ? "auth.oidc_issuer" : "auth.oidc_client_id"));
  }

  void auth() {
    gateway();
    jwt();
    oidc();
    if (c_.http.compat && c_.auth.mode != "token") {
      add_error(
          "http.compat",
          "needs auth.mode = token, because its calls believe the user id that they are sent; leave it out");
    }
    for (std::size_t i = 0; i < c_.auth.keys.size(); ++i) {
      if (c_.auth.keys[i].size() < kSecretLeast) {
        add_error("auth.keys", fmt::format("has a key (number {}) shorter than {} characters; use, for "
                                           "example, the 64 digits of `openssl rand -hex 32`",
                                           i + 1, kSecretLeast));
      }
    }
    std::set<std::string_view> secrets;
    for (std::size_t i = 0; i < c_.admin.keys.size(); ++i) {
      if (!is_operator_key(c_.admin.keys[i])) {
        add_error("admin.keys",
                  fmt::format("has an invalid key (number {}); write name:role:secret with the role "
                              "gate, viewer, operator or owner",
                              i + 1));
        continue;
      }
      const std::string_view secret = secret_of(c_.admin.keys[i]);
      if (secret.size() < kSecretLeast) {
        add_error("admin.keys", fmt::format("has a secret (number {}) shorter than {} characters; use, for "
                                            "example, the 64 digits of `openssl rand -hex 32`",
                                            i + 1, kSecretLeast));
      } else if (!secrets.insert(secret).second) {
        add_error(
            "admin.keys",
            fmt::format("has the secret of number {} twice; give each operator one of their own", i + 1));
      }
    }
  }

  void ticket_keys() {
    if (c_.tickets.keys.empty())
      add_error("tickets.keys", "is empty; leave it out, or name the key that signs tickets first");
    std::set<std::string_view> secrets;
    for (std::size_t i = 0; i < c_.tickets.keys.size(); ++i) {
      const std::string_view key = c_.tickets.keys[i];
      if (key.size() < kSecretLeast && key != "store")
        add_error("tickets.keys", fmt::format("has a key (number {}) shorter than {} characters; use, for "
                                              "example, the 64 digits of `openssl rand -hex 32`",
                                              i + 1, kSecretLeast));
      if (!secrets.insert(key).second)
        add_error("tickets.keys", fmt::format("has the key of number {} twice", i + 1));
    }
  }

  // R-W8: every client that reaches the address could act as any user, or give itself money.
  void beyond_loopback(std::string_view setting, const std::string& address) {
    if (!is_beyond_loopback(address)) return;
    refuse_strangers(setting, fmt::format("{} is not loopback", address));
  }

  // The clients of a proxy come from anywhere.
  void behind_proxies() {
    if (!c_.http.trusted_proxies.empty() && !is_beyond_loopback(c_.http.listen))
      refuse_strangers("http.trusted_proxies", "names a proxy, whose clients may come from anywhere");
  }

  void refuse_strangers(std::string_view setting, const std::string& because) {
    if (c_.auth.trust_clients) return;
    constexpr std::string_view kAdvice = "or set auth.trust_clients = true if every client can be trusted";
    if (c_.auth.mode == "token") {
      add_error(setting,
                fmt::format("{}, and with auth.mode = token the server trusts any user id that a client "
                            "sends; set auth.mode = jwt or gateway, serve on 127.0.0.1 without a proxy, {}",
                            because, kAdvice));
    }
    if (c_.wallet.charge_by == "user") {
      add_error(setting,
                fmt::format("{}, and with wallet.charge_by = user anybody can add money to their own "
                            "wallet; set wallet.charge_by = operator, {}",
                            because, kAdvice));
    }
  }

  LoadedConfig& loaded_;
  const Config& c_;
};

}  // namespace

bool is_operator_key(std::string_view text) {
  const auto first = text.find(':');
  const auto second = first == std::string_view::npos ? first : text.find(':', first + 1);
  if (second == std::string_view::npos || first == 0 || second + 1 == text.size()) return false;
  const auto role = text.substr(first + 1, second - first - 1);
  return role == "gate" || role == "viewer" || role == "operator" || role == "owner";
}

std::optional<SinkSetting> parse_sink(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  SinkSetting sink{std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  const bool fits = !sink.name.empty() && sink.name.size() <= kSinkNameMax &&
                    std::ranges::all_of(sink.name, is_plain) && !sink.url.empty();
  return fits ? std::optional(std::move(sink)) : std::nullopt;
}

bool is_webhook(std::string_view url) { return url.starts_with("https://") || url.starts_with("http://"); }

std::optional<std::string> settle_max_connections(Config& config, std::int64_t descriptors) {
  constexpr std::int64_t kReserved = 64;
  const std::int64_t most = descriptors - std::min(kReserved, descriptors / 2);
  auto& http = config.http;
  if (http.max_connections > most) {
    return fmt::format(
        "http.max_connections = {} is more than the limit of {} file descriptors allows; set it to {} or "
        "less "
        "(0: as many as the limit allows), or raise the hard limit (ulimit -Hn, LimitNOFILE) to {}",
        http.max_connections, descriptors, most, http.max_connections + kReserved);
  }
  if (http.max_connections == 0) {
    http.max_connections = most;
    http.max_streams = std::min(http.max_streams, most - most / 4);
  }
  return std::nullopt;
}

std::size_t open_limit(const std::vector<std::string>& texts, std::size_t index) {
  return index < texts.size() ? parse_number<std::uint32_t>(texts[index]).value_or(0) : 0;
}

std::size_t connections_per_address(std::string_view text, std::int64_t connections_max) {
  const bool is_share = text.ends_with('%');
  if (is_share) text.remove_suffix(1);
  const std::size_t number = parse_number<std::uint32_t>(text).value_or(0);
  if (!is_share || number == 0) return number;
  if (connections_max <= 0) return 0;  // a share of any number
  return std::max<std::size_t>(1, static_cast<std::size_t>(connections_max) * number / 100);
}

bool is_beyond_loopback(std::string_view listen) {
  const auto parts = parse_listen(listen);
  return parts && !parts->loopback;
}

void check_config_rules(LoadedConfig& loaded) { Rules(loaded).check(); }

}  // namespace stagedoor
