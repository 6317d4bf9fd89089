// How settings come together (R-K1, R-K2, R-K3) and the refusal to serve strangers by mistake (R-W8).
#include "app/config/config.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "app/config/settings.h"

namespace stagedoor {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

LoadedConfig from_toml(std::string text) { return load_config({.file = {{"s.toml", std::move(text)}}}); }
LoadedConfig from_flags(std::vector<std::pair<std::string, std::string>> flags) {
  return load_config({.flags = std::move(flags)});
}

auto ErrorAt(const std::string& where, const std::string& part_of_message) {
  return AllOf(Field(&ConfigError::where, where), Field(&ConfigError::message, HasSubstr(part_of_message)));
}

TEST(Settings, defaults_are_those_promised) {  // R-K3
  const LoadedConfig loaded = load_config({});
  EXPECT_THAT(loaded.errors, IsEmpty());
  EXPECT_EQ(loaded.config.http.listen, "127.0.0.1:8080");
  EXPECT_EQ(loaded.config.http.threads, 0);
  EXPECT_EQ(loaded.config.store.url, "sqlite:stagedoor.db");
  EXPECT_EQ(loaded.config.auth.mode, "token");
  EXPECT_EQ(loaded.config.auth.token_lifetime, std::chrono::days(30));
  EXPECT_THAT(loaded.config.tickets.keys, ElementsAre("store"));
  EXPECT_EQ(loaded.config.wallet.balance_max, Won{100'000'000});
  EXPECT_EQ(loaded.config.wallet.charge_by, "user");
  EXPECT_FALSE(loaded.config.auth.trust_clients);
}

TEST(Settings, later_source_wins_default_file_environment_flag) {  // R-K2
  ConfigSources sources;
  EXPECT_EQ(load_config(sources).config.lane.batch_max, 1024);
  sources.file = {"s.toml", "[lane]\nbatch_max = 1\n"};
  EXPECT_EQ(load_config(sources).config.lane.batch_max, 1);
  sources.environment = {{"STAGEDOOR_LANE_BATCH_MAX", "2"}};
  EXPECT_EQ(load_config(sources).config.lane.batch_max, 2);
  sources.flags = {{"lane.batch_max", "3"}};
  EXPECT_EQ(load_config(sources).config.lane.batch_max, 3);
}

TEST(Settings, each_value_knows_where_it_comes_from) {  // R-K2
  const LoadedConfig loaded = load_config({.file = {{"s.toml", "[http]\n\nthreads = 2\n"}},
                                           .environment = {{"STAGEDOOR_LOG_LEVEL", "warn"}},
                                           .flags = {{"http.listen", "127.0.0.1:0"}}});
  EXPECT_EQ(loaded.origins.at("http.threads"), "s.toml:3");
  EXPECT_EQ(loaded.origins.at("log.level"), "environment STAGEDOOR_LOG_LEVEL");
  EXPECT_EQ(loaded.origins.at("http.listen"), "flag --http.listen");
  EXPECT_EQ(loaded.origins.at("store.url"), "default");
}

TEST(Settings, every_kind_of_value_is_read_from_toml) {
  const LoadedConfig loaded = from_toml(
      "[http]\nlisten = '[::1]:0'\nthreads = 3\nidle_timeout = '1m30s'\ntrusted_proxies = ['10.0.0.0/8', "
      "'::1']\n"
      "[store]\nwal_limit = '3MiB'\n[auth]\ntrust_clients = true\n[wallet]\nbalance_max = 5\n");
  EXPECT_THAT(loaded.errors, IsEmpty());
  EXPECT_EQ(loaded.config.http.listen, "[::1]:0");
  EXPECT_EQ(loaded.config.http.threads, 3);
  EXPECT_EQ(loaded.config.http.idle_timeout, Millis(90'000));
  EXPECT_THAT(loaded.config.http.trusted_proxies, ElementsAre("10.0.0.0/8", "::1"));
  EXPECT_EQ(loaded.config.store.wal_limit, Bytes{3 << 20});
  EXPECT_TRUE(loaded.config.auth.trust_clients);
  EXPECT_EQ(loaded.config.wallet.balance_max, Won{5});
}

std::string advice_on(const LoadedConfig& loaded) {
  EXPECT_THAT(loaded.errors, IsEmpty());
  std::string all;
  for (const auto& one : config_advice(loaded)) all += one + "\n";
  return all;
}

TEST(ConfigAdvice, says_nothing_about_the_defaults) { EXPECT_EQ(advice_on(load_config({})), ""); }

TEST(ConfigAdvice, names_what_is_allowed_and_unwise) {
  struct Unwise {
    std::vector<std::pair<std::string, std::string>> flags;
    const char* advice;
  };
  const std::pair<std::string, std::string> everywhere{"http.listen", "0.0.0.0:80"},
      trusts{"auth.trust_clients", "true"};
  const Unwise table[] = {
      {{everywhere, trusts}, "auth.trust_clients: who reaches 0.0.0.0:80"},
      {{everywhere, trusts}, "wallet.charge_by: "},
      {{everywhere, trusts}, "http.tls_certificate: is empty"},
      {{everywhere, trusts}, "http.admin_listen: is empty"},
      {{{"http.admin_listen", "0.0.0.0:81"}, trusts, {"wallet.charge_by", "operator"}},
       "http.admin_listen: 0.0.0.0:81"},
      {{{"http.trusted_proxies", "0.0.0.0/0"}, trusts}, "http.trusted_proxies: "},
      {{{"limits.exempt", "::/0"}}, "limits.exempt: "},
      {{{"limits.join", "0"}}, "limits.join: is off"},
      {{{"limits.poll", "0"}}, "limits.poll: is off"},
      {{{"limits.read", "0"}}, "limits.read: is off"},
      {{{"limits.write", "0"}}, "limits.write: is off"},
      {{{"limits.keys", "0"}}, "limits.keys: is off"},
      {{{"admin.keys", "a:owner:0123456789abcdef"}}, "admin.keys: flags of a process"},
      {{{"auth.keys", "0123456789abcdef"}}, "auth.keys: flags of a process"},
      {{{"auth.token_lifetime", "1h"}}, "auth.token_lifetime: "},
      {{{"store.url", "sqlite::memory:"}}, "store.url: everything is lost"},
      {{{"store.url", "sqlite:/no/such/folder/a.db"}}, "store.url: the folder /no/such/folder of"},
      {{{"store.url", "postgres://x"}}, "http.stop_delay: "},
      {{{"http.stop_grace", "0s"}}, "http.stop_grace: "},
      {{{"log.level", "debug"}}, "log.level: "},
  };
  for (const auto& [flags, advice] : table) EXPECT_THAT(advice_on(from_flags(flags)), HasSubstr(advice));
  const std::string in_file = advice_on(from_toml("[admin]\nkeys = ['a:owner:0123456789abcdef']\n"));
  EXPECT_THAT(in_file,
              AllOf(HasSubstr("admin.keys: stands in s.toml:2"), Not(HasSubstr("0123456789abcdef"))));
}

TEST(Settings, list_is_separated_by_commas_or_given_flag_by_flag) {
  EXPECT_THAT(load_config({.environment = {{"STAGEDOOR_ADMIN_KEYS",
                                            "a:owner:a-secret-of-16-ch,b:viewer:b-secret-of-16-ch"}}})
                  .config.admin.keys,
              ElementsAre("a:owner:a-secret-of-16-ch", "b:viewer:b-secret-of-16-ch"));
  const LoadedConfig loaded = load_config(
      {.environment = {{"STAGEDOOR_ADMIN_KEYS", "gone:owner:g-secret-of-16-ch"}},
       .flags = {{"admin.keys", "a:owner:a-secret-of-16-ch"}, {"admin.keys", "b:viewer:b-secret-of-16-ch"}}});
  EXPECT_THAT(loaded.config.admin.keys,
              ElementsAre("a:owner:a-secret-of-16-ch", "b:viewer:b-secret-of-16-ch"));
}

TEST(Settings, unknown_name_is_an_error_that_names_the_nearest) {  // R-K1, R-K2
  EXPECT_THAT(from_toml("[http]\nlisten = '127.0.0.1:0'\nthread = 1\n").errors,
              ElementsAre(ErrorAt("s.toml:3", "write threads = … under [http]")));
  EXPECT_THAT(from_toml("[htp]\nthreads = 1\n").errors, ElementsAre(ErrorAt("s.toml:1", "write [http]")));
  EXPECT_THAT(from_toml("balance_max = 1\n").errors,
              ElementsAre(ErrorAt("s.toml:1", "write balance_max = … under [wallet]")));
  EXPECT_THAT(load_config({.environment = {{"STAGEDOOR_HTTP_LISEN", "x"}}}).errors,
              ElementsAre(ErrorAt("environment STAGEDOOR_HTTP_LISEN", "write STAGEDOOR_HTTP_LISTEN")));
  EXPECT_THAT(from_flags({{"http.lisen", "x"}}).errors,
              ElementsAre(ErrorAt("flag --http.lisen", "write --http.listen=…")));
  EXPECT_THAT(from_flags({{"server.listen", "x"}}).errors,
              ElementsAre(ErrorAt("flag --server.listen", "write --http.listen=…")));
}

TEST(Settings, unknown_name_far_from_all_points_to_the_list) {
  EXPECT_THAT(from_flags({{"zzzzzz.qqqqqqqq", "x"}}).errors,
              ElementsAre(ErrorAt("flag --zzzzzz.qqqqqqqq", "`stagedoor serve --help` lists them")));
}

TEST(Settings, environment_of_others_and_of_the_tests_is_passed_over) {
  EXPECT_THAT(load_config({.environment = {{"PATH", "/bin"}, {"STAGEDOOR_TEST_LONG", "1"}}}).errors,
              IsEmpty());
}

TEST(Settings, limits_are_rates_numbers_and_networks) {  // R-A2
  EXPECT_THAT(from_flags({{"limits.join", "1/s+2,0,3/h"}, {"limits.connections", "7"}}).errors, IsEmpty());
  for (const auto& [setting, wrong] :
       {std::pair("limits.join", "200"), std::pair("limits.join", "1/s,1/s,1/s,1/s"),
        std::pair("limits.poll", "1/s,1/s"), std::pair("limits.write", "1/day"),
        std::pair("limits.keys", "x"), std::pair("limits.streams", "1/s"),
        std::pair("limits.connections", "101%"), std::pair("limits.connections", "a quarter"),
        std::pair("limits.exempt", "localhost")}) {
    EXPECT_THAT(from_flags({{setting, wrong}}).errors,
                ElementsAre(ErrorAt(std::string("flag --") + setting, "")))
        << setting << ' ' << wrong;
  }
  EXPECT_EQ(connections_per_address("25%", 16'384), 4096u);
  EXPECT_EQ(connections_per_address("1%", 10), 1u);
  EXPECT_EQ(connections_per_address("50", 16'384), 50u);
  EXPECT_EQ(connections_per_address("0", 16'384), 0u);
  EXPECT_EQ(connections_per_address("25%", 0), 0u);
}

TEST(Settings, value_of_the_wrong_type_or_range_says_what_to_write) {  // R-K1
  EXPECT_THAT(from_toml("[http]\nthreads = '4'\n").errors,
              ElementsAre(ErrorAt("s.toml:2", "write a whole number, from 0 to 1024, without quotes")));
  EXPECT_THAT(from_toml("[http]\nidle_timeout = 5\n").errors,
              ElementsAre(ErrorAt("s.toml:2", "write a duration such as 5m, from 1s to 1d, in quotes")));
  EXPECT_THAT(from_toml("[auth]\ntrust_clients = 'yes'\n").errors,
              ElementsAre(ErrorAt("s.toml:2", "true or false")));
  EXPECT_THAT(from_toml("[admin]\nkeys = 'a:owner:a-secret-of-16-ch'\n").errors,
              ElementsAre(ErrorAt("s.toml:2", "a list of strings")));
  EXPECT_THAT(from_toml("[admin]\nkeys = [1]\n").errors,
              ElementsAre(ErrorAt("s.toml:2", "a list of strings")));
  EXPECT_THAT(from_toml("[http]\nthreads = 4.0\n").errors,
              ElementsAre(ErrorAt("s.toml:2", "a whole number")));
  EXPECT_THAT(from_flags({{"http.threads", "-1"}}).errors,
              ElementsAre(ErrorAt("flag --http.threads", "from 0 to 1024")));
  EXPECT_THAT(from_flags({{"http.threads", "4x"}}).errors,
              ElementsAre(ErrorAt("flag --http.threads", "from 0 to 1024")));
  EXPECT_THAT(from_flags({{"http.idle_timeout", "5"}}).errors,
              ElementsAre(ErrorAt("flag --http.idle_timeout", "such as 5m")));
  EXPECT_THAT(from_flags({{"store.wal_limit", "64MB"}}).errors,
              ElementsAre(ErrorAt("flag --store.wal_limit", "64MiB")));
  EXPECT_THAT(from_flags({{"log.level", "loud"}}).errors,
              ElementsAre(ErrorAt("flag --log.level", "one of debug, info, warn, error")));
  EXPECT_THAT(from_flags({{"wallet.balance_max", "0"}}).errors,
              ElementsAre(ErrorAt("flag --wallet.balance_max", "whole won")));
}

TEST(Settings, wrong_value_leaves_the_earlier_one_but_is_still_an_error) {
  const LoadedConfig loaded =
      load_config({.file = {{"s.toml", "[http]\nthreads = 'x'\n"}}, .flags = {{"http.threads", "2"}}});
  EXPECT_EQ(loaded.config.http.threads, 2);
  EXPECT_THAT(loaded.errors, ElementsAre(ErrorAt("s.toml:2", "http.threads")));
}

TEST(Settings, all_errors_of_all_sources_are_told_at_once) {  // R-K1
  const LoadedConfig loaded = load_config({.file = {{"s.toml", "[http]\nlisen = 1\n[lane]\nbatch_max = 0\n"}},
                                           .environment = {{"STAGEDOOR_X", "1"}},
                                           .flags = {{"a.b", "1"}, {"store.url", "oracle:"}}});
  EXPECT_EQ(loaded.errors.size(), 5u);
  EXPECT_THAT(describe_errors(loaded.errors),
              AllOf(HasSubstr("s.toml:2: "), HasSubstr("s.toml:4: "), HasSubstr("environment STAGEDOOR_X: "),
                    HasSubstr("flag --a.b: "), HasSubstr("flag --store.url: store.url")));
}

TEST(Settings, file_that_is_not_toml_is_an_error_with_its_line) {  // R-K1
  EXPECT_THAT(from_toml("[http]\nlisten = \n").errors, ElementsAre(ErrorAt("s.toml:2", "invalid TOML")));
}

TEST(Settings, named_file_that_cannot_be_read_is_an_error) {
  EXPECT_THAT(load_config_of_process("no-such-file.toml", {}).errors,
              ElementsAre(ErrorAt("no-such-file.toml", "cannot be read: No such file")));
  EXPECT_THAT(load_config_of_process(testing::TempDir(), {}).errors,
              ElementsAre(ErrorAt(testing::TempDir(), "cannot be read: Is a directory")));
}

TEST(Settings, the_line_may_be_on_redis_and_kafka) {  // R-Q18
  EXPECT_EQ(from_flags({}).config.room.url, "");
  const LoadedConfig loaded = from_flags({{"room.url", "redis://me:geheim@h:6380/1"}});
  EXPECT_THAT(loaded.errors, IsEmpty());
  EXPECT_EQ(loaded.config.room.url, "redis://me:geheim@h:6380/1");
  EXPECT_THAT(describe_config(loaded), AllOf(HasSubstr("redis://me:***@h:6380/1"), Not(HasSubstr("geheim"))));
  EXPECT_THAT(from_flags({{"room.url", "mysql://me:geheim@h"}}).errors,
              ElementsAre(AllOf(ErrorAt("flag --room.url", "write redis://HOST:PORT"),
                                Field(&ConfigError::message, Not(HasSubstr("geheim"))))));
  EXPECT_THAT(from_flags({{"room.url", "kafka://h1:1,h2:2/line"}}).errors, IsEmpty());
  EXPECT_THAT(from_flags({{"room.url", "kafka://me:geheim@h:1/line"}}).errors,
              ElementsAre(AllOf(ErrorAt("flag --room.url", "kafka://HOST:PORT[,HOST:PORT]/TOPIC"),
                                Field(&ConfigError::message, Not(HasSubstr("geheim"))))));
  const LoadedConfig kafka = from_flags({{"room.kafka", "sasl.password=geheim"}});
  EXPECT_THAT(kafka.errors, IsEmpty());
  EXPECT_THAT(describe_config(kafka), AllOf(HasSubstr("sasl.password=***"), Not(HasSubstr("geheim"))));
  EXPECT_THAT(from_flags({{"room.kafka", "geheim"}}).errors,
              ElementsAre(ErrorAt("flag --room.kafka", "an invalid entry (number 1); write NAME=VALUE")));
}

TEST(Settings, sinks_have_names) {  // R-E2
  const LoadedConfig loaded = from_flags({{"events.sinks", "out=stdout:"}});
  EXPECT_THAT(loaded.errors, IsEmpty());
  ASSERT_THAT(loaded.config.events.sinks, ElementsAre("out=stdout:"));
  EXPECT_EQ(parse_sink("out=stdout:")->name, "out");
  EXPECT_EQ(parse_sink("crm=https://h/?a=b")->url, "https://h/?a=b");
  for (const char* sink : {"stdout:", "=stdout:", "out=", "Out=stdout:", "a b=stdout:",
                           "a-name-that-is-longer-than-32-chars=stdout:", "https://h"}) {
    EXPECT_THAT(from_flags({{"events.sinks", sink}}).errors,
                ElementsAre(ErrorAt("flag --events.sinks", "write NAME=URL")))
        << sink;
  }
  EXPECT_THAT(from_flags({{"events.sinks", "https://me:secret@h"}}).errors,
              ElementsAre(Field(&ConfigError::message, Not(HasSubstr("secret")))));
  EXPECT_THAT(from_flags({{"events.sinks", "out=stdout:,out=stdout:"}}).errors,
              ElementsAre(ErrorAt("flag --events.sinks", "the name out twice")));
  EXPECT_THAT(from_flags({{"events.sinks", "out=stdout:,too=stdout:"}}).errors,
              ElementsAre(ErrorAt("flag --events.sinks", "stdout: twice")));
  EXPECT_THAT(from_flags({{"events.sinks", "orders=amqp://h/orders"}}).errors,
              ElementsAre(ErrorAt("flag --events.sinks", "an unsupported URL for orders; write stdout:")));
}

TEST(Settings, sinks_of_kafka_have_brokers_and_a_topic) {  // R-E2
  EXPECT_THAT(from_flags({{"events.sinks", "orders=kafka://h:9092/orders"}}).errors, IsEmpty());
  EXPECT_THAT(from_flags({{"events.sinks", "orders=kafka://me:secret@h:9092/orders"}}).errors,
              ElementsAre(testing::AllOf(
                  ErrorAt("flag --events.sinks", "an unsupported URL for orders; write kafka://"),
                  Field(&ConfigError::message, Not(HasSubstr("secret"))))));
}

TEST(Settings, a_comma_inside_a_named_value_belongs_to_it) {
  const auto sinks = from_flags({{"events.sinks", "a=kafka://h1:1,h2:2,[::1]:3/t,out=stdout:"}});
  EXPECT_THAT(sinks.errors, IsEmpty());
  EXPECT_THAT(sinks.config.events.sinks, ElementsAre("a=kafka://h1:1,h2:2,[::1]:3/t", "out=stdout:"));
  const auto kafka = load_config(
      {.environment = {{"STAGEDOOR_EVENTS_KAFKA", "debug=broker,topic,sasl.password=a,B=c,linger.ms=1"}}});
  EXPECT_THAT(kafka.config.events.kafka,
              ElementsAre("debug=broker,topic", "sasl.password=a,B=c", "linger.ms=1"));
}

TEST(Settings, values_of_kafka_properties_are_not_shown) {  // R-K2
  const auto loaded = from_flags({{"events.kafka", "sasl.password=hush,client.id=me"}});
  EXPECT_THAT(loaded.errors, IsEmpty());
  EXPECT_THAT(describe_config(loaded), HasSubstr(R"(kafka = ["sasl.password=***", "client.id=***"])"));
  for (const char* bad : {"hush", "=hush"}) {
    EXPECT_THAT(from_flags({{"events.kafka", bad}}).errors,
                ElementsAre(testing::AllOf(
                    ErrorAt("flag --events.kafka", "an invalid entry (number 1); write NAME=VALUE"),
                    Field(&ConfigError::message, Not(HasSubstr("hush"))))));
  }
}

TEST(Settings, a_webhook_goes_over_tls_or_to_a_private_address_and_is_signed) {  // R-E2
  const auto with = [](const char* sink, std::vector<std::pair<std::string, std::string>> more = {}) {
    more.emplace_back("events.sinks", sink);
    more.emplace_back("events.webhook_secrets", "0123456789abcdef0123456789abcdef");
    return from_flags(more).errors;
  };
  EXPECT_THAT(with("crm=https://crm.example/hooks?a=b"), IsEmpty());
  EXPECT_THAT(with("crm=http://127.0.0.1:8000/", {{"events.private_targets", "true"}}), IsEmpty());
  for (const auto& [sink, what] :
       {std::pair{"crm=http://crm.example/", "write https:// instead, or set"},
        {"crm=https:///path", "write https://HOST/PATH"},
        {"crm=https://h/a b", "write https://HOST/PATH"},
        {"crm=https://me:geheim@h/", "leave out user and password"},
        {"crm=ftp://h/", "write stdout:, kafka://HOST:PORT/TOPIC or https://HOST/PATH"}}) {
    EXPECT_THAT(with(sink), ElementsAre(ErrorAt("flag --events.sinks", what))) << sink;
    EXPECT_THAT(with(sink), ElementsAre(Field(&ConfigError::message, Not(HasSubstr("geheim")))));
  }
  EXPECT_THAT(from_flags({{"events.sinks", "crm=https://h/"}}).errors,
              ElementsAre(ErrorAt("default",
                                  "crm needs a secret to sign its requests; use, for example, the "
                                  "64 digits of `openssl rand -hex 32`")));
  EXPECT_THAT(from_flags({{"events.webhook_secrets", "geheim"}}).errors,
              ElementsAre(ErrorAt("flag --events.webhook_secrets", "number 1) shorter than 16")));
  LoadedConfig secret = from_flags({{"events.webhook_secrets", "geheim-geheim-geheim"}});
  EXPECT_THAT(describe_config(secret), Not(HasSubstr("geheim")));
}

TEST(Settings, events_are_dropped_only_after_the_alarm) {  // R-E1
  EXPECT_EQ(Config{}.events.drop_after, Millis(0));
  EXPECT_THAT(from_flags({{"events.keep", "2h"}, {"events.drop_after", "3h"}}).errors, IsEmpty());
  EXPECT_THAT(from_flags({{"events.keep", "2h"}, {"events.drop_after", "2h"}}).errors,
              ElementsAre(ErrorAt("flag --events.drop_after", "longer than events.keep")));
}

TEST(Settings, inside_of_a_value_is_checked) {
  for (const char* listen : {"8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:80",
                             "[::1]", "[]:1", "[127.0.0.1]:1", "example.com:80", ":80", "300.0.0.1:80"}) {
    EXPECT_THAT(from_flags({{"http.listen", listen}}).errors,
                ElementsAre(ErrorAt("flag --http.listen", "write IP:PORT")))
        << listen;
  }
  EXPECT_THAT(from_flags({{"http.tls_key", "k.pem"}}).errors,
              ElementsAre(ErrorAt("flag --http.tls_key", "set http.tls_certificate")));
  EXPECT_THAT(from_flags({{"http.tls_certificate", "c.pem"}}).errors,
              ElementsAre(ErrorAt("flag --http.tls_certificate", "set http.tls_key")));
  for (const char* network : {"10.0.0.0/33", "10.0.0/8", "proxy", "::/129", "10.0.0.0/"}) {
    EXPECT_THAT(from_flags({{"http.trusted_proxies", network}, {"auth.trust_clients", "true"}}).errors,
                ElementsAre(ErrorAt("flag --http.trusted_proxies", network)))
        << network;
  }
  for (const char* key : {"owner:secret", "a:root:secret", ":owner:secret", "a:owner:", "secret"}) {
    EXPECT_THAT(from_flags({{"admin.keys", key}}).errors,
                ElementsAre(ErrorAt("flag --admin.keys", "name:role:secret")))
        << key;
  }
  const char* const kSecret = "0123456789abcde";  // one too short
  for (const auto& [keys, why] :
       {std::pair(fmt::format("a:owner:{}", kSecret), "a secret (number 1) shorter than 16"),
        std::pair(fmt::format("a:owner:{0}f,b:viewer:{0}", kSecret), "a secret (number 2) shorter than 16"),
        std::pair(fmt::format("a:owner:{0}f,b:viewer:{0}f", kSecret), "the secret of number 2 twice")}) {
    const auto errors = load_config({.environment = {{"STAGEDOOR_ADMIN_KEYS", keys}}}).errors;
    EXPECT_THAT(errors, ElementsAre(ErrorAt("environment STAGEDOOR_ADMIN_KEYS", why))) << keys;
    EXPECT_THAT(describe_errors(errors), Not(HasSubstr(kSecret)));
  }
  EXPECT_THAT(from_flags({{"tickets.keys", "short"}}).errors,
              ElementsAre(ErrorAt("flag --tickets.keys", "shorter than")));
  EXPECT_THAT(from_flags({{"tickets.keys", "store,store"}}).errors,
              ElementsAre(ErrorAt("flag --tickets.keys", "number 2 twice")));
  EXPECT_THAT(from_flags({{"tickets.keys", "0123456789abcdef0123456789abcdef,store"}}).errors, IsEmpty());
  EXPECT_THAT(from_flags({{"auth.keys", "short"}}).errors,
              ElementsAre(ErrorAt("flag --auth.keys", "shorter than")));
}

TEST(TrustingServer, refuses_to_start_beyond_loopback) {  // R-W8
  for (const char* listen : {"0.0.0.0:80", "192.0.2.7:80", "[::]:80", "[::ffff:127.0.0.1]:80"}) {
    EXPECT_THAT(from_flags({{"http.listen", listen}}).errors,
                ElementsAre(ErrorAt("flag --http.listen", "auth.mode = token"),
                            ErrorAt("flag --http.listen", "wallet.charge_by = user")))
        << listen;
  }
}

TEST(TrustingServer, refuses_an_admin_address_beyond_loopback_too) {  // R-W8, R-A10
  EXPECT_THAT(from_flags({{"http.admin_listen", "0.0.0.0:9090"}}).errors,
              testing::Contains(ErrorAt("flag --http.admin_listen", "not loopback")));
  EXPECT_THAT(from_flags({{"http.admin_listen", "9090"}}).errors,
              ElementsAre(ErrorAt("flag --http.admin_listen", "IP:PORT")));
  EXPECT_THAT(from_flags({{"http.admin_listen", "127.0.0.1:9090"}}).errors, IsEmpty());
}

TEST(TrustingServer, refusal_stays_where_only_the_charges_are_closed) {  // R-W8
  EXPECT_THAT(from_flags({{"http.listen", "0.0.0.0:80"}, {"wallet.charge_by", "operator"}}).errors,
              ElementsAre(ErrorAt("flag --http.listen", "auth.mode = token")));
}

TEST(TrustingServer, starts_on_loopback_and_where_clients_are_trusted) {  // R-W8
  for (const char* listen : {"127.0.0.1:80", "127.9.9.9:80", "[::1]:80", "localhost:80"}) {
    EXPECT_THAT(from_flags({{"http.listen", listen}}).errors, IsEmpty()) << listen;
  }
  EXPECT_THAT(from_flags({{"http.listen", "0.0.0.0:80"}, {"auth.trust_clients", "true"}}).errors, IsEmpty());
}

TEST(TrustingServer, refusal_covers_a_proxy_whose_clients_come_from_anywhere) {  // R-W8, R-A1
  const std::pair<std::string, std::string> proxy{"http.trusted_proxies", "127.0.0.1"},
      closed{"wallet.charge_by", "operator"};
  EXPECT_THAT(from_flags({proxy, closed}).errors,
              ElementsAre(ErrorAt("flag --http.trusted_proxies", "auth.mode = token")));
  EXPECT_THAT(from_flags({proxy}).errors,
              testing::Contains(ErrorAt("flag --http.trusted_proxies", "charge_by")));
  EXPECT_THAT(from_flags({proxy, {"auth.trust_clients", "true"}}).errors, IsEmpty());
}

TEST(Gateway, needs_a_proxy_and_a_secret) {  // R-W8
  const std::pair<std::string, std::string> mode{"auth.mode", "gateway"},
      proxy{"http.trusted_proxies", "10.0.0.1"}, secret{"auth.gateway_secret", "0123456789abcdef"},
      closed{"wallet.charge_by", "operator"};
  EXPECT_THAT(from_flags({mode, proxy, secret, closed, {"http.listen", "0.0.0.0:80"}}).errors, IsEmpty());
  EXPECT_THAT(from_flags({mode, secret, closed}).errors,
              ElementsAre(ErrorAt("default", "trusted_proxies is empty")));
  EXPECT_THAT(from_flags({mode, proxy, closed}).errors,
              ElementsAre(ErrorAt("default", "gateway_secret is shorter")));
  EXPECT_THAT(from_flags({mode, proxy, secret}).errors,
              ElementsAre(ErrorAt("flag --http.trusted_proxies", "charge_by = user")));
  EXPECT_THAT(from_flags({{"auth.oidc_issuer", "https://id.example"}}).errors,
              ElementsAre(ErrorAt("flag --auth.oidc_issuer", "auth.oidc_client_id")));
  for (const char* wrong :
       {"id.example", "https://id.example; script-src *", "https://id.example?x", "https://me:it@id.example"})
    EXPECT_THAT(from_flags({{"auth.oidc_issuer", wrong}, {"auth.oidc_client_id", "tickets"}}).errors,
                ElementsAre(ErrorAt("flag --auth.oidc_issuer", "is not an address")))
        << wrong;
}

TEST(IdentityProvider, needs_its_keys_and_whose_tokens_count) {  // R-W8, R-K3
  using Flags = std::vector<std::pair<std::string, std::string>>;
  const auto errors_of = [](const Flags& more, const std::string& keys = "https://id.example/jwks") {
    Flags flags{{"auth.mode", "jwt"},
                {"auth.jwt_keys", keys},
                {"auth.jwt_issuer", "https://id.example"},
                {"auth.jwt_audience", "tickets"}};
    flags.insert(flags.end(), more.begin(), more.end());
    return from_flags(flags).errors;
  };
  EXPECT_THAT(errors_of({}), IsEmpty());
  EXPECT_THAT(errors_of({}, "keys.json"), IsEmpty());
  EXPECT_THAT(errors_of({{"http.listen", "0.0.0.0:80"}, {"wallet.charge_by", "operator"}}), IsEmpty());
  EXPECT_THAT(errors_of({{"auth.jwt_user_form", "hash"}, {"auth.jwt_user_claim", "email"}}), IsEmpty());
  EXPECT_THAT(from_flags({{"auth.mode", "jwt"}}).errors,
              ElementsAre(ErrorAt("default", "jwt_keys is empty"), ErrorAt("default", "jwt_issuer is empty"),
                          ErrorAt("default", "jwt_audience is empty")));
  EXPECT_THAT(errors_of({{"auth.jwt_user_claim", ""}}),
              ElementsAre(ErrorAt("flag --auth.jwt_user_claim", "is empty")));
  EXPECT_THAT(errors_of({{"auth.jwt_user_form", "email"}}),
              ElementsAre(ErrorAt("flag --auth.jwt_user_form", "one of uuid, hash")));
  EXPECT_THAT(errors_of({{"http.listen", "0.0.0.0:80"}}),
              ElementsAre(ErrorAt("flag --http.listen", "charge_by = user")));
  EXPECT_THAT(errors_of({}, "http://id.example/jwks"),
              ElementsAre(ErrorAt("flag --auth.jwt_keys", "set auth.jwt_private_targets = true")));
  EXPECT_THAT(errors_of({{"auth.jwt_private_targets", "true"}}, "http://10.0.0.7/jwks"), IsEmpty());
  EXPECT_THAT(errors_of({}, "ftp://id.example/jwks"),
              ElementsAre(ErrorAt("flag --auth.jwt_keys", "write https://HOST/PATH")));
  EXPECT_THAT(errors_of({}, "https://"), ElementsAre(ErrorAt("flag --auth.jwt_keys", "https://HOST/PATH")));
  EXPECT_THAT(errors_of({}, "https://me:geheim@id.example/jwks"),
              ElementsAre(AllOf(ErrorAt("flag --auth.jwt_keys", "leave out user and password"),
                                Field(&ConfigError::message, Not(HasSubstr("geheim"))))));
}

TEST(Connections, are_as_many_as_the_descriptors_leave_room_for) {  // R-A6
  struct Row {
    std::int64_t wanted, descriptors, connections, streams;
  };
  for (const Row& row : {Row{0, 20'000, 19'936, 12'000}, Row{0, 1'024, 960, 720}, Row{0, 64, 32, 24},
                         Row{960, 1'024, 960, 12'000}, Row{10, 1'024, 10, 12'000}}) {
    Config config;
    config.http.max_connections = row.wanted;
    EXPECT_EQ(settle_max_connections(config, row.descriptors), std::nullopt);
    EXPECT_EQ(config.http.max_connections, row.connections) << row.wanted << " of " << row.descriptors;
    EXPECT_EQ(config.http.max_streams, row.streams) << row.wanted << " of " << row.descriptors;
  }
}

TEST(Connections, above_the_limit_of_descriptors_are_refused_with_what_to_set) {  // R-A6
  Config config;
  config.http.max_connections = 961;
  EXPECT_THAT(settle_max_connections(config, 1'024).value_or(""),
              AllOf(HasSubstr("set it to 960 or less"), HasSubstr("to 1025")));
}

TEST(VerifyConfig, shows_origins_and_no_secret) {  // R-K2
  const LoadedConfig loaded = from_flags({{"admin.keys", "ops:owner:geheim:noch:geheim"},
                                          {"auth.keys", "geheim:owner:geheimgeheim"},
                                          {"store.url", "postgres://u:geheim@h/d"},
                                          {"log.level", "warn"}});
  const std::string shown = describe_config(loaded);
  EXPECT_THAT(shown, Not(HasSubstr("geheim")));
  EXPECT_THAT(shown, Not(HasSubstr("noch")));
  EXPECT_THAT(describe_errors(loaded.errors), Not(HasSubstr("geheim")));
  EXPECT_THAT(shown, HasSubstr("keys = [\"ops:owner:***\"]"));
  EXPECT_THAT(shown, HasSubstr("url = \"postgres://u:***@h/d\""));
  EXPECT_THAT(shown, testing::ContainsRegex("level = \"warn\" +# flag --log.level"));
  EXPECT_THAT(shown, testing::ContainsRegex("threads = 0 +# default"));
}

TEST(VerifyConfig, shows_the_store_s_hosts_without_the_password) {  // R-K2
  const auto shown = [](const std::string& url) {
    const LoadedConfig loaded = from_flags({{"store.url", url}});
    EXPECT_THAT(describe_errors(loaded.errors), Not(HasSubstr("store.url")));
    return describe_config(loaded);
  };
  EXPECT_THAT(shown("postgres://u:geheim@h1:1,h2:2/d?target_session_attrs=read-write"),
              HasSubstr("url = \"postgres://u:***@h1:1,h2:2/d?target_session_attrs=read-write\""));
  EXPECT_THAT(shown("postgres://u@h1,h2/d?password=geheim&sslpassword=geheim&sslmode=require"),
              HasSubstr("url = \"postgres://u@h1,h2/d?password=***&sslpassword=***&sslmode=require\""));
  EXPECT_THAT(shown("postgres://h1,h2/d?application_name=a@b&password=geheim"), Not(HasSubstr("geheim")));
}

TEST(VerifyConfig, prints_what_can_be_read_back) {
  const LoadedConfig first =
      from_flags({{"http.idle_timeout", "2m"}, {"store.wal_limit", "2MiB"}, {"catalogue.file", "a\"b\\c"}});
  const LoadedConfig again = from_toml(describe_config(first));
  EXPECT_THAT(again.errors, IsEmpty());
  EXPECT_EQ(again.config.http.idle_timeout, Millis(120'000));
  EXPECT_EQ(again.config.store.wal_limit, Bytes{2 << 20});
  EXPECT_EQ(again.config.catalogue.file, "a\"b\\c");
}

TEST(SettingsTable, defaults_fit_their_own_limits) {
  Config defaults, target;
  const auto of_defaults = settings_of(defaults);
  const auto of_target = settings_of(target);
  for (std::size_t i = 0; i < of_defaults.size(); ++i) {
    std::string text = shown_value(of_defaults[i]);
    std::erase_if(text, [](char c) { return c == '"' || c == '[' || c == ']'; });
    EXPECT_EQ(assign_text(of_target[i], text), std::nullopt) << of_defaults[i].name;
  }
}

TEST(SettingsTable, names_are_told_apart_also_in_the_environment) {
  Config config;
  std::set<std::string> seen;
  for (const auto& setting : settings_of(config)) {
    EXPECT_TRUE(seen.insert(environment_name(setting.name)).second) << setting.name;
    EXPECT_FALSE(setting.doc.empty()) << setting.name;
    EXPECT_FALSE(environment_name(setting.name).starts_with("STAGEDOOR_TEST_")) << setting.name;
  }
}

TEST(SettingsTable, reference_page_is_up_to_date) {  // regenerate with ./x docs
  std::ifstream page(STAGEDOOR_SOURCE_DIR "/docs/configuration.md");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(page), {}), settings_markdown());
}

TEST(Deploy, example_settings_are_accepted) {
  const LoadedConfig loaded = load_config_of_process(STAGEDOOR_SOURCE_DIR "/deploy/stagedoor.toml",
                                                     {{"auth.gateway_secret", "0123456789abcdef"}});
  EXPECT_EQ(describe_errors(loaded.errors), "");
  EXPECT_EQ(loaded.config.wallet.charge_by, "operator");
}

}  // namespace
}  // namespace stagedoor
