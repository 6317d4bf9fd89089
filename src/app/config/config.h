// The settings of an operator, and their precedence: default < TOML file < environment < flag. settings.h has
// the table of names, limits and texts; config_rules.cpp has the rules that span settings.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/money.h"
#include "core/time.h"

namespace stagedoor {

struct Bytes {
  std::int64_t count = 0;
  auto operator<=>(const Bytes&) const = default;
};

// The initialisers are the defaults. Loaded once at start, passed on by value, and constant afterwards.
struct Config {
  struct Http {
    std::string listen = "127.0.0.1:8080";
    std::string admin_listen;
    std::int64_t threads = 0;
    std::string tls_certificate;
    std::string tls_key;
    std::int64_t max_connections = 0;  // 0: see settle_max_connections()
    std::int64_t max_streams = 12'000;
    Millis stream_heartbeat{10'000};
    Millis idle_timeout{75'000};
    Millis header_timeout{10'000};
    Millis body_timeout{10'000};
    Millis stop_delay{0};
    Millis stop_grace{10'000};
    std::vector<std::string> trusted_proxies;
    std::string static_dir;
    bool compat = false;
  } http;
  struct Store {
    std::string url = "sqlite:stagedoor.db";
    bool is_postgres() const { return url.starts_with("postgres://") || url.starts_with("postgresql://"); }
    Bytes wal_limit{64 * 1024 * 1024};
  } store;
  struct Room {
    std::string url;
    std::vector<std::string> kafka;
  } room;
  struct Events {
    std::vector<std::string> sinks;
    std::vector<std::string> kafka;
    std::vector<std::string> webhook_secrets;
    bool private_targets = false;
    Millis give_up_after{3LL * 86'400'000};
    Millis keep{86'400'000};
    Millis drop_after{0};
  } events;
  struct Queue {
    std::int64_t default_event = 0;
  } queue;
  struct Auth {
    std::string mode = "token";
    bool trust_clients = false;
    std::vector<std::string> keys;
    Millis token_lifetime{30LL * 86'400'000};
    Millis session_lifetime{86'400'000};
    std::string jwt_keys;
    std::string jwt_issuer;
    std::string jwt_audience;
    std::string jwt_user_claim = "sub";
    std::string jwt_user_form = "uuid";
    bool jwt_private_targets = false;
    std::string gateway_header = "X-Stagedoor-User";
    std::string gateway_secret;
    std::string oidc_issuer;
    std::string oidc_client_id;
    std::string oidc_scope = "openid";
  } auth;
  struct Admin {
    std::vector<std::string> keys;
  } admin;
  struct Tickets {
    std::vector<std::string> keys = {"store"};
  } tickets;
  struct Wallet {
    Won balance_max{100'000'000};
    std::string charge_by = "user";
  } wallet;
  struct Lane {
    std::int64_t batch_max = 1024;
    Millis batch_time{10};
    std::int64_t pay_queue = 20'000;
    std::int64_t hold_queue = 20'000;
    std::int64_t wallet_queue = 20'000;
    std::int64_t join_queue = 20'000;
    std::int64_t operator_queue = 20'000;
    std::int64_t view_rows_max = 400'000;
  } lane;
  struct Limits {
    std::vector<std::string> join = {"200/s+2000", "2/s+5", "10/h"};
    std::vector<std::string> poll = {"500/s+10000"};
    std::vector<std::string> read = {"200/s+2000", "2/s+10"};
    std::vector<std::string> write = {"100/s+1000", "20/s+40"};
    std::vector<std::string> streams = {"64", "2"};
    std::string connections = "25%";
    std::vector<std::string> keys = {"5/min"};
    std::vector<std::string> exempt = {"127.0.0.1/32", "::1/128"};
  } limits;
  struct Log {
    std::string level = "info";
  } log;
  struct Catalogue {
    std::string file;
  } catalogue;
};

// An entry of events.sinks: "out=stdout:". The store keeps a sink's progress under its name.
struct SinkSetting {
  std::string name;
  std::string url;
};
std::optional<SinkSetting> parse_sink(std::string_view text);  // nullopt if it is not NAME=URL
bool is_webhook(std::string_view url);

// The entry of limits.streams; 0: no limit, also if there is none or it is no number.
std::size_t open_limit(const std::vector<std::string>& texts, std::size_t index);
// limits.connections: a number or a share of http.max_connections ("25%"); 0: no limit.
std::size_t connections_per_address(std::string_view text, std::int64_t connections_max);

// An error in the settings, for people: its source ("stagedoor.toml:3", "environment STAGEDOOR_HTTP_LISTEN",
// "flag --http.listen") and what to write instead. Never contains a secret.
struct ConfigError {
  std::string where;
  std::string message;
  // A secret is missing without which no event can be delivered. Commands that only read the store go on.
  bool is_missing_secret = false;
};

struct ConfigSources {
  struct File {
    std::string name;  // as the operator wrote it
    std::string text;
  };
  std::optional<File> file = {};
  // All variables; only names with the prefix count.
  std::vector<std::pair<std::string, std::string>> environment = {};
  // {"http.listen", "127.0.0.1:0"}, in order.
  std::vector<std::pair<std::string, std::string>> flags = {};
};

struct LoadedConfig {
  Config config;
  std::map<std::string, std::string, std::less<>>
      origins;                      // of every setting: "default", or as ConfigError::where
  std::vector<ConfigError> errors;  // empty: `config` is valid
};

// Reads all sources and reports all their errors at once. No I/O.
LoadedConfig load_config(const ConfigSources& sources);

// Rules on several settings or on the parts of one, such as the refusal to start of R-W8. Appends to
// `loaded.errors`. Called by load_config.
void check_config_rules(LoadedConfig& loaded);
// False also for what is no address.
bool is_beyond_loopback(std::string_view listen);

// Replaces http.max_connections = 0 by what a limit of `descriptors` open files leaves room for: all but 64,
// or half of them if that is less, for the store and its reads (R-A6). Event streams then get three quarters
// of it at most. Returns what to set instead if the settings name more connections than that.
std::optional<std::string> settle_max_connections(Config& config, std::int64_t descriptors);

// The sources of this process: the file `path` (empty: stagedoor.toml in the working directory, if it
// exists), the environment, and the given flags. An unreadable file is an error.
LoadedConfig load_config_of_process(const std::string& path,
                                    std::vector<std::pair<std::string, std::string>> flags);

// What to do if the folder of the store's file is not there.
std::optional<std::string> missing_folder(const Config::Store& store);

// What is allowed and unwise, for people: "auth.trust_clients: …". Never contains a secret.
std::vector<std::string> config_advice(const LoadedConfig& loaded);

// name:role:secret, with the role gate, viewer, operator or owner.
bool is_operator_key(std::string_view text);

// Lines "where: message", one per error.
std::string describe_errors(const std::vector<ConfigError>& errors);

// The settings as TOML, with the origin of each value and with secrets masked.
std::string describe_config(const LoadedConfig& loaded);

// The name closest to `wrong` among `names`, if one is close enough to suggest.
std::optional<std::string_view> nearest_name(std::string_view wrong,
                                             const std::vector<std::string_view>& names);

}  // namespace stagedoor
