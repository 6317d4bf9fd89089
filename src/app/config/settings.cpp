#include "app/config/settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <type_traits>

#include "core/parse_number.h"

namespace stagedoor {
namespace {

constexpr std::int64_t ms_of(std::int64_t seconds) { return seconds * 1000; }
constexpr std::int64_t kDayMs = ms_of(86'400);

struct ByteUnit {
  std::string_view suffix;
  std::int64_t count;
};
constexpr ByteUnit kByteUnits[] = {{"GiB", 1LL << 30}, {"MiB", 1LL << 20}, {"KiB", 1LL << 10}, {"B", 1}};

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  for (const auto& [suffix, count] : kByteUnits) {
    if (!text.ends_with(suffix)) continue;
    const auto number = parse_number<std::int64_t>(text.substr(0, text.size() - suffix.size()));
    if (!number || *number < 0 || *number > (1LL << 60) / count) return std::nullopt;
    return *number * count;
  }
  return std::nullopt;
}

std::string format_bytes(std::int64_t bytes) {
  for (const auto& [suffix, count] : kByteUnits) {
    if (bytes % count == 0 && (bytes != 0 || count == 1)) return fmt::format("{}{}", bytes / count, suffix);
  }
  return fmt::format("{}B", bytes);
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + '"';
}

// "postgres://user:***@host/db": masks the password between the user's name and the host.
std::string without_password_of_user(std::string_view url) {
  const auto scheme = url.find("://");
  const auto at = url.rfind('@');
  if (scheme == std::string_view::npos || at == std::string_view::npos || at < scheme)
    return std::string(url);
  const auto colon = url.find(':', scheme + 3);
  if (colon == std::string_view::npos || colon > at) return std::string(url);
  return fmt::format("{}:***{}", url.substr(0, colon), url.substr(at));
}

// Also masks the parameter: "?password=***&sslmode=require".
std::string without_password(std::string_view url) {
  constexpr std::string_view kPassword = "password=";
  std::string shown = without_password_of_user(url);
  for (auto at = shown.find(kPassword); at != std::string::npos; at = shown.find(kPassword, at)) {
    at += kPassword.size();
    shown.replace(at, shown.find('&', at) - at, "***");
  }
  return shown;
}

std::string shown_text(const std::string& text, Secret secret) {
  if (secret == Secret::no) return without_password(text);
  if (secret == Secret::unless_store && text == "store") return text;
  if (secret == Secret::after_name) {
    const auto equals = text.find('=');
    return equals == std::string::npos ? "***" : text.substr(0, equals) + "=***";
  }
  const auto first = text.find(':');
  const auto second = first == std::string::npos ? first : text.find(':', first + 1);
  if (secret == Secret::whole || secret == Secret::unless_store || second == std::string::npos) return "***";
  return text.substr(0, second) + ":***";
}

// True if an entry NAME=VALUE begins here.
bool begins_with_name(std::string_view text) {
  const auto end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.");
  return end != std::string_view::npos && end > 0 && text[end] == '=';
}

// The entries of a list with commas between them.
std::vector<std::string> items_of(std::string_view text, bool has_names) {
  std::vector<std::string> items;
  while (!text.empty()) {
    auto comma = text.find(',');
    while (has_names && comma != std::string_view::npos && !begins_with_name(text.substr(comma + 1)))
      comma = text.find(',', comma + 1);
    items.emplace_back(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return items;
}

std::string plain_number(std::int64_t value) { return fmt::format("{}", value); }

std::string limits(const Setting& setting, std::string (*show)(std::int64_t)) {
  if (setting.most == std::numeric_limits<std::int64_t>::max())
    return fmt::format("{} or more", show(setting.least));
  return fmt::format("from {} to {}", show(setting.least), show(setting.most));
}

std::string show_ms(std::int64_t ms) { return format_duration(Millis(ms)); }

}  // namespace

std::vector<Setting> settings_of(Config& c) {
  return {
      {.name = "http.listen",
       .value = &c.http.listen,
       .doc = "Address and port to serve on, as IP:PORT or [IPv6]:PORT; port 0 takes any free one."},
      {.name = "http.admin_listen",
       .value = &c.http.admin_listen,
       .doc = "A second address, for operators, as IP:PORT or [IPv6]:PORT. It serves everything, and "
              "http.listen answers 404 to /admin, /console, /docs and /metrics. Empty: none."},
      {.name = "http.threads",
       .value = &c.http.threads,
       .doc = "Threads that serve connections; 0: one per core.",
       .most = 1024},
      {.name = "http.tls_certificate",
       .value = &c.http.tls_certificate,
       .doc = "PEM file with the certificate chain; with http.tls_key it enables TLS."},
      {.name = "http.tls_key",
       .value = &c.http.tls_key,
       .doc = "PEM file with the private key of the certificate."},
      {.name = "http.max_connections",
       .value = &c.http.max_connections,
       .doc =
           "Maximum number of open connections; further ones are refused on accept. 0: as many as the limit "
           "of file descriptors allows, less 64 or half of it.",
       .most = 1'000'000},
      {.name = "http.max_streams",
       .value = &c.http.max_streams,
       .doc = "Maximum number of open event streams; further ones are refused, to leave connections for "
              "other calls.",
       .most = 1'000'000},
      {.name = "http.stream_heartbeat",
       .value = &c.http.stream_heartbeat,
       .doc = "An event stream sends a comment line after this time without an event.",
       .least = 100,
       .most = ms_of(15)},
      {.name = "http.idle_timeout",
       .value = &c.http.idle_timeout,
       .doc = "A keep-alive connection without a request is closed after this time.",
       .least = ms_of(1),
       .most = kDayMs},
      {.name = "http.header_timeout",
       .value = &c.http.header_timeout,
       .doc = "Maximum time from a request's first byte to the end of its head.",
       .least = 100,
       .most = ms_of(3600)},
      {.name = "http.body_timeout",
       .value = &c.http.body_timeout,
       .doc = "Maximum time from the end of a request's head to the end of its body.",
       .least = 100,
       .most = ms_of(3600)},
      {.name = "http.stop_delay",
       .value = &c.http.stop_delay,
       .doc = "Time from SIGTERM to the refusal of new connections. /readyz already reports not ready, so "
              "that a load balancer can switch to other instances.",
       .most = ms_of(600)},
      {.name = "http.stop_grace",
       .value = &c.http.stop_grace,
       .doc = "Time that running requests get to finish when the server stops.",
       .most = ms_of(3600)},
      {.name = "http.trusted_proxies",
       .value = &c.http.trusted_proxies,
       .doc = "Networks (CIDR, such as 10.0.0.0/8) whose X-Forwarded-For is trusted."},
      {.name = "http.static_dir",
       .value = &c.http.static_dir,
       .doc = "Folder with the files of /docs (swagger/); empty: share/ beside the binary."},
      {.name = "http.compat",
       .value = &c.http.compat,
       .doc = "Also answer seven calls in the spelling of an older ticketing API (docs/compat.md); with "
              "auth.mode = "
              "token only."},
      {.name = "store.url",
       .value = &c.store.url,
       .doc = "Database URL: sqlite:FILE, sqlite::memory: (in memory, lost on exit), or "
              "postgres://USER:PASSWORD@HOST/DATABASE for any number of instances."},
      {.name = "store.wal_limit",
       .value = &c.store.wal_limit,
       .doc = "A checkpoint is forced when SQLite's write-ahead log exceeds this size.",
       .least = 1 << 20,
       .most = 1LL << 40},
      {.name = "room.url",
       .value = &c.room.url,
       .doc =
           "Log that keeps the joins of the waiting rooms: "
           "redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], redis://HOST:PORT[,HOST:PORT]?sentinel=NAME, or "
           "kafka://HOST:PORT[,HOST:PORT]/TOPIC. Empty: the store keeps them. The same for all "
           "instances of a store (docs/lines.md)."},
      {.name = "room.kafka",
       .value = &c.room.kafka,
       .doc =
           "Properties of librdkafka for a room.url with kafka://, a list of NAME=VALUE as in events.kafka. "
           "Values are not shown.",
       .secret = Secret::after_name,
       .has_names = true},
      {.name = "events.sinks",
       .value = &c.events.sinks,
       .doc = "Sinks for booking and money events, a list of NAME=URL; keep the name when the URL changes. "
              "URL is stdout: (JSON lines on standard output), kafka://HOST:PORT[,HOST:PORT]/TOPIC, or "
              "https://HOST/PATH (a webhook). Empty: none; the store keeps events for a week.",
       .has_names = true},
      {.name = "events.kafka",
       .value = &c.events.kafka,
       .doc = "Properties of librdkafka for all Kafka sinks, a list of NAME=VALUE, such as "
              "security.protocol=SASL_SSL and sasl.password=SECRET. Values are not shown.",
       .secret = Secret::after_name,
       .has_names = true},
      {.name = "events.webhook_secrets",
       .value = &c.events.webhook_secrets,
       .doc = "Secrets that sign the requests of webhooks, newest first; each makes a signature, so that "
              "receivers can change to the new one.",
       .secret = Secret::whole},
      {.name = "events.private_targets",
       .value = &c.events.private_targets,
       .doc = "Webhooks may also go to loopback and private addresses, and to these with http://."},
      {.name = "events.give_up_after",
       .value = &c.events.give_up_after,
       .doc = "A webhook's event that is refused for this time becomes a dead letter.",
       .least = ms_of(1),
       .most = 30 * kDayMs},
      {.name = "events.keep",
       .value = &c.events.keep,
       .doc = "Age of an event that a sink has not accepted at which an alarm is raised: a log line, and "
              "stagedoor_events_overdue. The event stays in the store.",
       .least = 1000,
       .most = 365 * kDayMs},
      {.name = "events.drop_after",
       .value = &c.events.drop_after,
       .doc = "Age at which events are removed although a sink has not accepted them; the log and "
              "stagedoor_events_dropped_total count them. 0s: never. Longer than events.keep.",
       .most = 3650 * kDayMs},
      {.name = "queue.default_event",
       .value = &c.queue.default_event,
       .doc = "Event of a join without eventId; 0: the one event on sale."},
      {.name = "auth.mode",
       .value = &c.auth.mode,
       .doc = "How users are identified (docs/identity.md). token: the userId of a join is trusted; later "
              "calls prove it by their token. jwt: by a token of an identity provider. gateway: by a header "
              "of the "
              "proxy in front.",
       .choices = {"token", "jwt", "gateway"}},
      {.name = "auth.trust_clients",
       .value = &c.auth.trust_clients,
       .doc = "Trust client-supplied user ids and self-service charges on non-loopback addresses."},
      {.name = "auth.keys",
       .value = &c.auth.keys,
       .doc = "Keys that sign tokens, newest first; older keys still verify tokens. Empty: one is created "
              "and kept beside the store.",
       .secret = Secret::whole},
      {.name = "auth.token_lifetime",
       .value = &c.auth.token_lifetime,
       .doc = "Time from the issue of a token to its expiry.",
       .least = ms_of(60),
       .most = 3650 * kDayMs},
      {.name = "auth.session_lifetime",
       .value = &c.auth.session_lifetime,
       .doc = "Time from POST /sessions to the expiry of its token.",
       .least = ms_of(60),
       .most = 365 * kDayMs},
      {.name = "auth.jwt_keys",
       .value = &c.auth.jwt_keys,
       .doc = "With auth.mode = jwt: the keys of the identity provider (a JSON Web Key Set), as the https:// "
              "URL that it publishes (`jwks_uri`), or a file."},
      {.name = "auth.jwt_issuer",
       .value = &c.auth.jwt_issuer,
       .doc = "With auth.mode = jwt: `iss` of the tokens must be this."},
      {.name = "auth.jwt_audience",
       .value = &c.auth.jwt_audience,
       .doc = "With auth.mode = jwt: `aud` of the tokens must be, or contain, this."},
      {.name = "auth.jwt_user_claim",
       .value = &c.auth.jwt_user_claim,
       .doc = "With auth.mode = jwt: the claim that names the user."},
      {.name = "auth.jwt_user_form",
       .value = &c.auth.jwt_user_form,
       .doc = "Form of that claim. uuid: the user's UUID; other tokens are refused. hash: any text; the user "
              "is the UUIDv5 of issuer and text.",
       .choices = {"uuid", "hash"}},
      {.name = "auth.jwt_private_targets",
       .value = &c.auth.jwt_private_targets,
       .doc = "The URL of auth.jwt_keys may also be on a loopback or private address, and there with "
              "http://."},
      {.name = "auth.gateway_header",
       .value = &c.auth.gateway_header,
       .doc = "With auth.mode = gateway: the header in which the proxy sends the user's UUID."},
      {.name = "auth.gateway_secret",
       .value = &c.auth.gateway_secret,
       .doc = "With auth.mode = gateway: the secret that the proxy sends in X-Stagedoor-Gateway.",
       .secret = Secret::whole},
      {.name = "auth.oidc_issuer",
       .value = &c.auth.oidc_issuer,
       .doc = "Issuer URL of the OpenID provider at which pages let users sign in; GET /client returns it. "
              "Empty: "
              "none."},
      {.name = "auth.oidc_client_id",
       .value = &c.auth.oidc_client_id,
       .doc = "Client id of the pages at that provider."},
      {.name = "auth.oidc_scope",
       .value = &c.auth.oidc_scope,
       .doc = "Scope that the pages ask the provider for."},
      {.name = "admin.keys",
       .value = &c.admin.keys,
       .doc =
           "Operator keys name:role:secret, role gate, viewer, operator or owner. Empty: an owner's key is "
           "created and shown once.",
       .secret = Secret::after_role},
      {.name = "tickets.keys",
       .value = &c.tickets.keys,
       .doc = "Keys that sign tickets, newest first; the public keys of older ones stay published. The word "
              "`store` means the key that is made with the store, and is in its copies. Take an old key out "
              "only when the last date is over whose tickets it signed.",
       .secret = Secret::unless_store},
      {.name = "wallet.balance_max",
       .value = &c.wallet.balance_max,
       .doc = "Maximum balance, and so the maximum of one charge.",
       .least = 1,
       .most = 1'000'000'000'000'000},
      {.name = "wallet.charge_by",
       .value = &c.wallet.charge_by,
       .doc = "Who may add money to a wallet: its user, or operators only.",
       .choices = {"user", "operator"}},
      {.name = "lane.batch_max",
       .value = &c.lane.batch_max,
       .doc = "Maximum number of commands in one commit.",
       .least = 1,
       .most = 65'536},
      {.name = "lane.batch_time",
       .value = &c.lane.batch_time,
       .doc = "Maximum time to decide a batch; the remaining commands go into the next one.",
       .least = 1,
       .most = ms_of(10)},
      {.name = "lane.pay_queue",
       .value = &c.lane.pay_queue,
       .doc = "Maximum number of waiting payments, refunds and cancellations; beyond it 503 OVERLOADED.",
       .least = 1,
       .most = 10'000'000},
      {.name = "lane.hold_queue",
       .value = &c.lane.hold_queue,
       .doc = "Maximum number of waiting holds.",
       .least = 1,
       .most = 10'000'000},
      {.name = "lane.wallet_queue",
       .value = &c.lane.wallet_queue,
       .doc = "Maximum number of waiting charges.",
       .least = 1,
       .most = 10'000'000},
      {.name = "lane.join_queue",
       .value = &c.lane.join_queue,
       .doc = "Maximum number of waiting joins.",
       .least = 1,
       .most = 10'000'000},
      {.name = "lane.operator_queue",
       .value = &c.lane.operator_queue,
       .doc = "Maximum number of waiting operator calls.",
       .least = 1,
       .most = 10'000'000},
      {.name = "lane.view_rows_max",
       .value = &c.lane.view_rows_max,
       .doc = "Maximum number of rows kept in memory between batches; beyond it they are dropped and loaded "
              "again when needed.",
       .least = 1,
       .most = 1'000'000'000},
      {.name = "limits.join",
       .value = &c.limits.join,
       .doc = "Joins by one address, by one user, and places of an event that a user may take in an hour. "
              "Rates are N/s+BURST (also /min, /h); 0: no limit."},
      {.name = "limits.poll",
       .value = &c.limits.poll,
       .doc = "Status polls and openings of streams by one address."},
      {.name = "limits.read",
       .value = &c.limits.read,
       .doc = "Other reads by one address, and full seat maps for one token."},
      {.name = "limits.write",
       .value = &c.limits.write,
       .doc = "Holds, payments, charges and other changes by one address, and for one token."},
      {.name = "limits.streams",
       .value = &c.limits.streams,
       .doc = "Event streams that one address may have open, and one token; 0: no limit."},
      {.name = "limits.connections",
       .value = &c.limits.connections,
       .doc = "Connections that one address may have open: a number, or a share of http.max_connections "
              "such as 25%; 0: no limit. Trusted proxies have none."},
      {.name = "limits.keys",
       .value = &c.limits.keys,
       .doc = "Wrong operator keys by one address, exempt or not. A right key is never refused."},
      {.name = "limits.exempt",
       .value = &c.limits.exempt,
       .doc = "Networks (CIDR) without limits, except limits.keys and the pace of polls. A request with a "
              "forwarded header from a peer that is no trusted proxy is never exempt."},
      {.name = "log.level",
       .value = &c.log.level,
       .doc = "Minimum severity of the lines that are logged.",
       .choices = {"debug", "info", "warn", "error"}},
      {.name = "catalogue.file",
       .value = &c.catalogue.file,
       .doc = "Catalogue (YAML or JSON) imported at every start. What operators changed since its last "
              "import stays."},
  };
}

std::string environment_name(std::string_view setting) {
  std::string out = "STAGEDOOR_";
  for (const char c : setting)
    out += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return out;
}

std::string expected_form(const Setting& setting) {
  struct Form {
    const Setting& s;
    std::string operator()(std::string*) const {
      return s.choices.empty() ? "a string" : fmt::format("one of {}", fmt::join(s.choices, ", "));
    }
    std::string operator()(std::int64_t*) const { return "a whole number, " + limits(s, plain_number); }
    std::string operator()(bool*) const { return "true or false"; }
    std::string operator()(Millis*) const { return "a duration such as 5m, " + limits(s, show_ms); }
    std::string operator()(Bytes*) const { return "a size such as 64MiB, " + limits(s, format_bytes); }
    std::string operator()(Won*) const { return "whole won, " + limits(s, plain_number); }
    std::string operator()(std::vector<std::string>*) const { return "a list of strings"; }
  };
  return std::visit(Form{setting}, setting.value);
}

std::optional<std::string> assign_text(const Setting& setting, std::string_view text) {
  const auto in_limits = [&](std::optional<std::int64_t> value) {
    return value && *value >= setting.least && *value <= setting.most;
  };
  const bool taken = std::visit(
      [&](auto* target) {
        using T = std::remove_pointer_t<decltype(target)>;
        if constexpr (std::is_same_v<T, std::string>) {
          if (!setting.choices.empty() && std::ranges::find(setting.choices, text) == setting.choices.end())
            return false;
          *target = text;
        } else if constexpr (std::is_same_v<T, bool>) {
          if (text != "true" && text != "false") return false;
          *target = text == "true";
        } else if constexpr (std::is_same_v<T, Millis>) {
          const auto duration = parse_duration(text);
          if (!duration || !in_limits(duration->count())) return false;
          *target = *duration;
        } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
          *target = items_of(text, setting.has_names);
        } else {
          const auto value = std::is_same_v<T, Bytes> ? parse_bytes(text) : parse_number<std::int64_t>(text);
          if (!in_limits(value)) return false;
          *target = T{*value};
        }
        return true;
      },
      setting.value);
  if (taken) return std::nullopt;
  return "write " + expected_form(setting);
}

std::optional<std::string> assign_list(const Setting& setting, std::vector<std::string> items) {
  auto* const* list = std::get_if<std::vector<std::string>*>(&setting.value);
  if (!list) return "write " + expected_form(setting);
  **list = std::move(items);
  return std::nullopt;
}

std::string shown_value(const Setting& setting) {
  const auto show_text = [&](const std::string& text) { return in_quotes(shown_text(text, setting.secret)); };
  return std::visit(
      [&](auto* value) -> std::string {
        using T = std::remove_pointer_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::string>) {
          return show_text(*value);
        } else if constexpr (std::is_same_v<T, bool>) {
          return *value ? "true" : "false";
        } else if constexpr (std::is_same_v<T, Millis>) {
          return in_quotes(format_duration(*value));
        } else if constexpr (std::is_same_v<T, Bytes>) {
          return in_quotes(format_bytes(value->count));
        } else if constexpr (std::is_same_v<T, Won>) {
          return plain_number(value->amount);
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
          return plain_number(*value);
        } else {
          std::vector<std::string> items;
          for (const auto& item : *value) items.push_back(show_text(item));
          return fmt::format("[{}]", fmt::join(items, ", "));
        }
      },
      setting.value);
}

std::string settings_help(const std::vector<std::string_view>& names) {
  Config defaults;
  const auto is_shown = [&](std::string_view name) {
    return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
  };
  std::string out =
      "Settings, as --NAME=VALUE, in the environment as STAGEDOOR_SECTION_KEY, or in stagedoor.toml under "
      "[section]\n"
      "(the first of these that sets it wins):\n";
  std::string_view section;
  for (const auto& setting : settings_of(defaults)) {
    if (!is_shown(setting.name)) continue;
    if (setting.section() != section) out += '\n';
    section = setting.section();
    out += fmt::format("  --{}={}\n      {} ({})\n", setting.name, shown_value(setting), setting.doc,
                       expected_form(setting));
  }
  if (!names.empty()) out += "\n`stagedoor serve --help` lists all settings.\n";
  return out;
}

std::string settings_markdown() {
  Config defaults;
  std::string out =
      "# Settings\n\n"
      "Generated from the table in `src/app/config/settings.cpp` by `./x docs`; a test keeps it up to "
      "date.\n\n"
      "A setting `a.b` is `b = …` under `[a]` in the TOML file (`--config FILE`, or `stagedoor.toml` in the "
      "working\n"
      "directory), `STAGEDOOR_A_B` in the environment (lists separated by commas) and `--a.b=…` as a flag. A "
      "later one of\n"
      "these wins. An unknown name or a wrong value is an error: the server reports all errors at once and "
      "exits "
      "with code 2.\n"
      "`stagedoor verify-config` shows each value and its source, and no secrets. Names that begin with "
      "`STAGEDOOR_TEST_`\n"
      "belong to the test programs and are ignored.\n";
  std::string_view section;
  for (const auto& setting : settings_of(defaults)) {
    if (setting.section() != section) {
      out +=
          fmt::format("\n## {}\n\n| setting | default | allowed values | what it does |\n|---|---|---|---|\n",
                      setting.section());
    }
    section = setting.section();
    out += fmt::format("| `{}` | `{}` | {} | {} |\n", setting.name, shown_value(setting),
                       expected_form(setting), setting.doc);
  }
  return out;
}

}  // namespace stagedoor
