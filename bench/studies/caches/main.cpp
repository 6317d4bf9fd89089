// bench_caches: two lists over the product's HTTP server, read by one of several cache strategies, for
// ./x study caches.
//
//   GET /events, GET /dates   the lists        POST /changes   gives event 1 a new name
//   GET /counts               what the database was asked
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "http/metrics.h"
#include "http/server.h"
#include "strategies.h"

using namespace stagedoor;
using namespace stagedoor::caches;

namespace {

std::string to_json(const Counts& counts) {
  return fmt::format(R"({{"success":true,"data":{{"queries":{},"expiries":{},"worstExpiry":{}}}}})",
                     counts.queries.load(), counts.expiries.load(), counts.worst_expiry.load());
}

void add_routes(http::Router& router, ListServer& lists) {
  using enum http::Method;
  const auto get = [&lists](List list) {
    return [&lists, list](const http::Request&, http::Reply reply) { lists.get(list, std::move(reply)); };
  };
  router.add({.method = GET, .path = "/events", .handler = get(List::events)});
  router.add({.method = GET, .path = "/dates", .handler = get(List::dates)});
  router.add(
      {.method = POST, .path = "/changes", .handler = [&lists](const http::Request&, http::Reply reply) {
         lists.change(std::move(reply));
       }});
  router.add({.method = GET, .path = "/counts", .handler = [&lists](const http::Request&, http::Reply reply) {
                reply({.body = to_json(lists.counts())});
              }});
}

}  // namespace

int main(int argc, char** argv) {
  std::string strategy = "none", database, redis_url;
  int ttl = 1000, query_extra = 0;
  ListServer::Options options;
  CLI::App app("Two lists, read by a cache strategy; ends on SIGTERM.");
  app.add_option("--strategy", strategy, "none, look-aside, read-through, write-through, rendered");
  app.add_option("--database", database, "of libpq")->required();
  app.add_option("--redis", redis_url, "redis://HOST:PORT, for look-aside");
  app.add_option("--ttl", ttl, "milliseconds");
  app.add_option("--workers", options.workers, "threads with a connection each");
  app.add_option("--query-extra", query_extra, "milliseconds that every query of a list takes longer");
  app.add_flag("--single-flight", options.single_flight, "one query at a time for each list");
  CLI11_PARSE(app, argc, argv);

  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    options.strategy = make_strategy(strategy, std::chrono::milliseconds(ttl));
    options.query_extra = std::chrono::milliseconds(query_extra);
    options.connect = [&] {
      Connections made{Database(database), nullptr};
      if (!redis_url.empty()) {
        made.redis = std::make_unique<redis::Connection>(*redis::parse_url(redis_url), Millis(5000));
      }
      return made;
    };
    ListServer lists(std::move(options));
    http::Router router;
    add_routes(router, lists);
    http::Server server({.threads = 1}, router, std::make_shared<http::Metrics>());
    server.start();
    std::cout << fmt::format(R"({{"event":"listening","address":"127.0.0.1:{}"}})", server.port())
              << std::endl;
    int signal = 0;
    sigwait(&ends, &signal);
    server.stop(Millis(1000));
  } catch (const std::exception& error) {
    std::cerr << "bench_caches: " << error.what() << '\n';
    return 2;
  }
}
