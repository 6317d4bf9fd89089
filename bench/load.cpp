// bench_load: plain load against one address, as a JSON report on standard output. What can be filled into
// target, headers and body stands in crowd/load.h. Used by bench/run; handy by hand:
//
//   bench_load --url http://127.0.0.1:8080 --target /events --connections 64 --seconds 5
#include "crowd/load.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

using namespace stagedoor::crowd;

namespace {

// Rows of tab-separated columns.
std::vector<std::vector<std::string>> read_values(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot read " + file);
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(in, line);) {
    auto& row = rows.emplace_back();
    std::istringstream columns(line);
    for (std::string column; std::getline(columns, column, '\t');) row.push_back(column);
  }
  return rows;
}

void add_headers(Request& request, const std::vector<std::string>& lines) {
  for (const std::string_view line : lines) {
    const auto colon = line.find(": ");
    if (colon == std::string_view::npos) throw std::runtime_error("write headers as \"Name: value\"");
    request.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
}

}  // namespace

int main(int argc, char** argv) {
  LoadOptions options;
  std::string method = "GET", target = "/", body, values, then_target;
  std::vector<std::string> headers, then_headers;
  double seconds = 0, warm_up = 0;
  int patience = 0;

  CLI::App app("Plain load against one http:// address (no TLS); the report is JSON on standard output.");
  app.add_option("--url", options.url, "http://HOST:PORT")->required();
  app.add_option("--method", method);
  app.add_option("--target", target,
                 "path and query; may hold {n}, {s}, {uuid}, {1} … {9}, as may headers and body");
  app.add_option("--header", headers, "\"Name: value\", repeatable")->take_all();
  app.add_option("--body", body);
  app.add_option("--values", values,
                 "file of tab-separated columns for {1} … {9}, a row per request, round and round");
  app.add_option(
         "--then-target", then_target,
         "after each answer below 400 a GET of this, of which {1} may be part: what is taken from the "
         "answer")
      ->needs(app.add_option("--take", options.take, "that stands between this text and the next quote"));
  app.add_option("--then-header", then_headers, "of the second request, repeatable; may hold {1}")
      ->take_all();
  app.add_option("--first", options.first, "number of the first request, for {n} and {uuid}");
  app.add_option("--scatter-first", options.scatter.first, "first number of the range of {s}");
  app.add_option("--scatter-count", options.scatter.count, "how many numbers that range has")
      ->check(CLI::Range(1, 2'000'000'000));
  app.add_option("--scatter-piece", options.scatter.piece, "it comes in pieces of so many (0: in one)");
  app.add_option("--requests", options.requests, "stop after that many (0: no limit)");
  app.add_option("--rate", options.rate, "requests per second (0: as fast as the connections allow)");
  app.add_option("--connections", options.connections);
  app.add_option("--patience", patience,
                 "with a rate: milliseconds after which a request that finds no free connection is given up");
  app.add_option("--sources", options.sources, "addresses of this machine that the connections come from");
  app.add_flag("--obey-retry-after", options.obey_retry_after,
               "without a rate: a refused connection pauses as long as the answer says");
  app.add_option("--warm-up", warm_up, "seconds before measuring");
  app.add_option("--seconds", seconds, "seconds measured (0: until --requests are answered)");
  app.add_option("--answers", options.answers_file, "write every answer's body here, one per line");
  CLI11_PARSE(app, argc, argv);

  try {
    if (seconds <= 0 && options.requests == 0) throw std::runtime_error("give --seconds or --requests");
    if (!values.empty()) options.values = read_values(values);
    options.request = {.method = method, .target = target, .body = body};
    add_headers(options.request, headers);
    if (!then_target.empty()) add_headers(options.then.emplace(Request{.target = then_target}), then_headers);
    options.patience = std::chrono::milliseconds(patience);
    options.warm_up = std::chrono::milliseconds(static_cast<std::int64_t>(warm_up * 1000));
    options.duration = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
    std::cout << run_load(options).to_json() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "bench_load: " << error.what() << '\n';
    return 2;
  }
}
