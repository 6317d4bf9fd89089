// Load for measurements: repeats one kind of request, as fast as the connections allow (closed loop) or at a
// rate (open model), with exact counts; or pairs of requests, where the second uses the answer to the first.
// The journey of fans: crowd.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crowd/endpoint.h"
#include "crowd/histogram.h"

namespace stagedoor::crowd {

// A request with placeholders in target, headers and body:
//   {n}         the number of the request
//   {uuid}      a UUID made from that number
//   {s}         a number of the range `scatter`, each once before any repeats, in scattered order
//   {1} … {9}   a column of row (number modulo rows) of the values
struct Scatter {
  std::uint64_t first = 0;
  std::uint64_t count = 1;
  std::uint64_t piece = 0;  // scatter within consecutive pieces of this size; 0: within the whole range
};

class RequestTemplate {
 public:
  RequestTemplate(const Endpoint& to, const Request& request, Scatter scatter = {});
  // Replaces `out` by request number `n`.
  void render(std::string& out, std::uint64_t n, const std::vector<std::string>& row);

 private:
  struct Piece {
    std::string text;  // before the placeholder
    char fill = 0;     // 'n', 'u', 's', '1' to '9', or 0 for nothing
  };
  static std::vector<Piece> split(std::string_view text);
  static std::uint64_t scattered(std::uint64_t n, const Scatter& range);
  void append(std::string& out, const std::vector<Piece>& pieces, std::uint64_t n,
              const std::vector<std::string>& row) const;

  std::vector<Piece> head_;  // up to the value of Content-Length or, without a body, the end
  std::vector<Piece> body_;
  bool has_body_;
  Scatter scatter_;
  std::string body_text_;  // scratch
};

struct LoadOptions {
  std::string url = {};
  Request request = {};
  std::vector<std::vector<std::string>> values = {};  // rows for {1} … {9}; may be empty
  // Sent after an answer below 400 to the first request; {1} is the text between `take` and the next quote in
  // that answer. The two are one iteration: `requests`, `rate`, `measured` and `latency` count iterations.
  std::optional<Request> then = {};
  std::string take = {};
  std::uint64_t first = 0;  // number of the first request
  Scatter scatter = {};
  std::uint64_t requests = 0;  // stop after this many; 0: no limit
  double rate = 0;             // requests per second; 0: closed loop
  std::size_t connections = 64;
  // Open loop: a request that finds all connections busy for so long is given up, and counts in `answers` as
  // "no connection". 0: it waits.
  std::chrono::milliseconds patience{0};
  std::uint32_t sources = 0;              // see Client::Options
  bool obey_retry_after = false;          // closed loop: a refused connection pauses as long as it is told to
  std::chrono::milliseconds warm_up{0};   // counted in `answers`, but not measured
  std::chrono::milliseconds duration{0};  // measured; 0: until `requests` are answered
  std::string answers_file = {};          // the body of every answer, one per line; empty: none
};

struct LoadReport {
  std::uint64_t sent = 0;
  std::map<std::string, std::uint64_t> answers;  // by Response::name(), all of them
  std::uint64_t measured = 0;                    // answers in the measured time
  double seconds = 0;                            // measured
  double per_second = 0;           // finished in the measured time, including those begun before it
  double accepted_per_second = 0;  // of them, answers below 400
  Histogram accepted;              // the latency of those
  Histogram latency;               // of the measured answers; from the intended send time in the open model
  // With `then` also: of the first request alone, and of the second from the answer to the first on.
  Histogram first, second;
  double busy = 0;  // share of the time in which this generator did not wait; near 1: it was the limit
  std::size_t answer_bytes = 0;  // head and body of the latest answer

  std::string to_json() const;
};

// Throws std::runtime_error when the URL is wrong or a file cannot be written.
LoadReport run_load(const LoadOptions& options);

}  // namespace stagedoor::crowd
