// `stagedoor events`: the sinks of a running server, by the operators' calls under /admin/sinks.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <stdexcept>

#include "app/commands/commands.h"
#include "app/config/secrets.h"
#include "crowd/call.h"

namespace stagedoor {
namespace {

namespace bj = boost::json;
using Action = EventsCommand::Action;

constexpr int kFailed = 1;

struct CannotBegin : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The server of these settings, as seen from its own machine.
std::string url_of(const Config& config) {
  if (!config.http.tls_certificate.empty())
    throw CannotBegin(
        "the server uses TLS, which this command does not; give --url with an http:// address of it, such as "
        "that of a proxy on this machine, or ask /admin/sinks with curl");
  std::string listen = config.http.admin_listen.empty() ? config.http.listen : config.http.admin_listen;
  if (listen.ends_with(":0")) throw CannotBegin("the settings name no port; give --url http://HOST:PORT");
  if (listen.starts_with("0.0.0.0:")) listen.replace(0, 7, "127.0.0.1");
  if (listen.starts_with("[::]:")) listen.replace(0, 4, "[::1]");
  return "http://" + listen;
}

// The first key that may change something, else the first one.
std::string secret_of(const Config& config) {
  std::vector<std::string> keys = config.admin.keys;
  try {
    if (keys.empty()) keys = reread_keys(config).operators.value_or(std::vector<std::string>());
  } catch (const std::runtime_error&) {  // they are another user's, or of another store
  }
  if (keys.empty())
    throw CannotBegin(
        "there is no operator key that this command can use; set admin.keys to one of the server's, such as "
        "STAGEDOOR_ADMIN_KEYS=NAME:ROLE:SECRET");
  const auto is_viewer = [](const std::string& key) { return key.find(":viewer:") != std::string::npos; };
  const auto found = std::find_if_not(keys.begin(), keys.end(), is_viewer);
  const std::string& key = found == keys.end() ? keys.front() : *found;
  return key.substr(key.find(':', key.find(':') + 1) + 1);
}

class Server {
 public:
  Server(const Config& config, const std::string& url)
      : url_(url.empty() ? url_of(config) : url), secret_("Bearer " + secret_of(config)), caller_(url_) {}

  // The answer's `data`, or the whole answer.
  bj::value ask(std::string_view method, const std::string& target, const std::string& body = {},
                bool whole = false) {
    const crowd::Reply reply = caller_.call(
        {.method = method, .target = target, .headers = {{"Authorization", secret_}}, .body = body});
    if (reply.status == 0)
      throw CannotBegin(fmt::format("no answer from {}: {}; is the server running? --url names another one",
                                    url_, std::string(reply.error)));
    boost::system::error_code error;
    bj::value answer = bj::parse(reply.body, error);
    if (error || !answer.is_object())
      throw CannotBegin(fmt::format("{}{} answered with status {} and no JSON", url_, target, reply.status));
    auto& object = answer.as_object();
    if (reply.status != 200) {
      const auto* message = object.if_contains("message");
      throw std::runtime_error(message && message->is_string() ? std::string(message->as_string())
                                                               : bj::serialize(answer));
    }
    return whole ? answer : object["data"];
  }

 private:
  const std::string url_;
  const std::string secret_;
  crowd::Caller caller_;
};

std::string text_of(const bj::value& of, std::string_view member) {
  const bj::value& value = of.at(member);
  if (value.is_null()) return "-";
  return value.is_string() ? std::string(value.as_string()) : bj::serialize(value);
}

void print_sinks(const bj::array& sinks) {
  constexpr const char* kRow = "{:<20} {:>12} {:>9} {:<24} {:>11} {:>13} {:>12}\n";
  std::fputs(fmt::format(kRow, "SINK", "ACCEPTED", "BEHIND", "OLDEST WAITS SINCE", "PARKED KEYS",
                         "PARKED EVENTS", "DEAD LETTERS")
                 .c_str(),
             stdout);
  for (const auto& sink : sinks)
    std::fputs(fmt::format(kRow, text_of(sink, "name"), text_of(sink, "accepted"), text_of(sink, "behind"),
                           text_of(sink, "oldestAt"), text_of(sink, "parkedKeys"),
                           text_of(sink, "parkedEvents"), text_of(sink, "deadLetters"))
                   .c_str(),
               stdout);
}

void print_letters(Server& server, const std::string& path) {
  std::string target = path + "?limit=200";
  for (;;) {
    const bj::value page = server.ask("GET", target, {}, true);
    for (const auto& letter : page.at("data").as_array())
      std::fputs(
          fmt::format("{:>12} {} {} v{} given up {} after {} attempts: {}\n", text_of(letter, "id"),
                      text_of(letter, "type"), text_of(letter, "subject"), text_of(letter, "keyversion"),
                      text_of(letter, "givenUpAt"), text_of(letter, "attempts"), text_of(letter, "reason"))
              .c_str(),
          stdout);
    const auto* next = page.as_object().if_contains("nextCursor");
    if (!next || !next->is_string()) return;
    target = path + "?limit=200&cursor=" + std::string(next->as_string());
  }
}

int act(const EventsCommand& order, Server& server) {
  const std::string path = "/admin/sinks/" + order.sink;
  switch (order.action) {
    case Action::status:
      print_sinks(server.ask("GET", "/admin/sinks").as_array());
      return 0;
    case Action::replay: {
      const bj::value sink =
          server.ask("POST", path + "/replay", fmt::format(R"({{"from":{}}})", order.from));
      std::printf("%s delivers again from event %lld on; the oldest event that is still in the store is %s\n",
                  order.sink.c_str(), static_cast<long long>(order.from), text_of(sink, "oldestId").c_str());
      return 0;
    }
    case Action::list:
      print_letters(server, path + "/dead-letters");
      return 0;
    case Action::send:
    case Action::drop: {
      const bool is_send = order.action == Action::send;
      const std::string body =
          order.all ? R"({"all":true})" : fmt::format(R"({{"ids":[{}]}})", fmt::join(order.ids, ","));
      const bj::value done =
          server.ask("POST", path + (is_send ? "/dead-letters/send" : "/dead-letters/drop"), body);
      std::printf("%s dead letters %s\n", text_of(done, "letters").c_str(),
                  is_send ? "are tried again" : "dropped");
      const auto found = done.at("letters").to_number<std::size_t>();
      if (order.all || found >= order.ids.size()) return 0;
      std::fprintf(stderr, "stagedoor: %s has no more dead letters with these ids%s\n", order.sink.c_str(),
                   is_send ? ", or no room for them: at most 10,000 events are parked" : "");
      return kFailed;
    }
  }
  return kFailed;
}

}  // namespace

void EventsCommand::add_options(CLI::App& app) {
  ConfiguredCommand::add_options(app);
  app.add_option(
      "--url", url,
      "The server, as http://HOST:PORT (default: http.admin_listen or http.listen of the settings)");
  app.require_subcommand(1);
  const auto add = [this](CLI::App& to, const char* name, const char* doc, Action is,
                          bool needs_sink = true) {
    CLI::App* sub = to.add_subcommand(name, doc);
    sub->fallthrough();  // --url and --config may stand behind it
    sub->callback([this, is] { action = is; });
    if (needs_sink) sub->add_option("SINK", sink, "Its name in events.sinks")->required();
    return sub;
  };
  add(app, "status", "Progress, lag, parked keys and dead letters of each sink", Action::status, false);
  add(app, "replay", "Deliver events again that the sink has accepted, as far as they are still in the store",
      Action::replay)
      ->add_option("--from", from, "Id of the first event to deliver again")
      ->required()
      ->check(CLI::PositiveNumber);
  CLI::App* dead = app.add_subcommand("dead", "Events that were refused until they were given up");
  dead->fallthrough();
  dead->require_subcommand(1);
  add(*dead, "list", "Show them, newest first", Action::list);
  for (const auto& [name, doc, is] :
       {std::tuple{"send", "Try them again", Action::send},
        std::tuple{"drop", "Remove them; nobody receives these events", Action::drop}}) {
    CLI::App* sub = add(*dead, name, doc, is);
    auto* const some = sub->add_option("ID", ids, "Ids of events")->check(CLI::PositiveNumber);
    auto* const every = sub->add_flag("--all", all, "All of the sink");
    some->excludes(every);
    sub->callback([this, is] {
      action = is;
      if (ids.empty() && !all) throw CLI::RequiredError("ID or --all");
    });
  }
}

int EventsCommand::run_with(const LoadedConfig& loaded) const {
  try {
    Server server(loaded.config, url);
    return act(*this, server);
  } catch (const CannotBegin& why) {
    std::fprintf(stderr, "stagedoor: %s\n", why.what());
    return kRefused;
  } catch (const std::runtime_error& why) {
    std::fprintf(stderr, "stagedoor: %s\n", why.what());
    return kFailed;
  }
}

}  // namespace stagedoor
