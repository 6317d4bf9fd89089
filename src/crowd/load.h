// Plain load for measurements: the same kind of request over and over, as fast as the connections allow
// (closed loop) or at a rate (open model), counted exactly; or two requests, the second with what the first
// was answered. The journey of fans is crowd.h.
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

// A request with places to fill in, in target, headers and body:
//   {n}         the number of the request
//   {uuid}      a UUID made from it
//   {s}         a number of the range `scatter`, each once before any comes again, in no obvious order
//   {1} … {9}   a column of row (number modulo rows) of the values
struct Scatter {
  std::uint64_t first = 0;
  std::uint64_t count = 1;
  std::uint64_t piece = 0;  // the range comes in pieces of so many, one after the other; 0: in one
};

class RequestTemplate {
 public:
  RequestTemplate(const Endpoint& to, const Request& request, Scatter scatter = {});
  // Writes request number `n` over `out`.
  void render(std::string& out, std::uint64_t n, const std::vector<std::string>& row);

 private:
  struct Piece {
    std::string text;  // stands before what is filled in
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
  // Sent when the first was answered below 400; its {1} is what stands in that answer between `take` and the
  // next quote. The two are one iteration: `requests`, `rate`, `measured` and `latency` count iterations.
  std::optional<Request> then = {};
  std::string take = {};
  std::uint64_t first = 0;  // number of the first request
  Scatter scatter = {};
  std::uint64_t requests = 0;  // stop after that many; 0: no limit
  double rate = 0;             // requests per second; 0: closed loop
  std::size_t connections = 64;
  std::chrono::milliseconds warm_up{0};   // sent and counted in `answers`, but not measured
  std::chrono::milliseconds duration{0};  // measured; 0: until `requests` are answered
  std::string answers_file = {};          // the body of every answer, one per line; empty: none
};

struct LoadReport {
  std::uint64_t sent = 0;
  std::map<std::string, std::uint64_t> answers;  // "201", "409 SEAT_OCCUPIED", "no answer: …", all of them
  std::uint64_t measured = 0;                    // answers within the measured time
  double seconds = 0;                            // measured
  double per_second = 0;                         // finished within the measured time, whenever they began
  Histogram latency;  // of the measured; from the intended send time in the open model
  // With `then`, beside it: of the first request alone, and of the second from the first one's answer on.
  Histogram first, second;
  double busy = 0;  // share of the time in which this generator did not wait; near 1: it was the limit
  std::size_t answer_bytes = 0;  // head and body of the latest answer

  std::string to_json() const;
};

// Throws std::runtime_error when the URL is wrong or a file cannot be written.
LoadReport run_load(const LoadOptions& options);

}  // namespace stagedoor::crowd
