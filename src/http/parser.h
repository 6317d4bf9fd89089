// Parses the bytes of one connection into requests, by RFC 9112, and stricter where leniency would allow
// request smuggling. Owns the connection's input buffer; the strings of a request are views into it. Does not
// use sockets, so the fuzzer runs the same code.
//
//   Put bytes into space(), commit() them, call parse(). After State::need_more begin again; after
//   State::complete use the request, then call next() and parse().
//
// These are refused, and the connection must be closed, because it is unclear where the next request begins:
// a line that ends with a bare LF, folded or malformed header lines, blanks before the colon, no Host or
// several in HTTP/1.1, several Content-Length or one that is not plain digits, Content-Length beside
// Transfer-Encoding, any Transfer-Encoding but a single plain `chunked` in HTTP/1.1, targets that are neither
// a path nor a URL, unknown methods, heads and bodies that are too large.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/refusal.h"
#include "http/chunked.h"
#include "http/types.h"

namespace stagedoor::http {

struct Limits {
  std::size_t head_max = 8 * 1024;        // bytes of request line and header lines
  std::size_t body_max = 64 * 1024;       // bytes of the body, after removing chunk framing
  std::string_view large_body_path = {};  // the one path whose bodies may be larger; "": none
  std::size_t large_body_max = 1024 * 1024;
};

class RequestParser {
 public:
  enum class State { need_more, complete, refused };
  // The part that the parser waits for after State::need_more.
  enum class Phase { idle, head, body };

  explicit RequestParser(Limits limits) : limits_(limits), body_max_(limits.body_max) {}

  // Room for the next bytes of the connection; never empty. Moves the buffer: not to be called
  // between State::complete and next().
  std::span<char> space();
  void commit(std::size_t bytes) { end_ += bytes; }

  State parse();
  Phase phase() const;
  // The client waits for `100 Continue` before it sends the body. True once.
  bool wants_continue();

  // After State::complete: sets method, path, raw_query, body and headers. The views live until next();
  // `scratch` must live as long as `request` is used.
  void fill(Request& request, std::vector<Header>& scratch) const;
  bool keep_alive() const { return head_->keep_alive(); }
  bool is_http_1_0() const { return http_1_0_; }
  // Drops the request and keeps the bytes behind it.
  void next();
  // Drops everything and frees the memory, for a connection that reads no further request.
  void release();

  // After State::refused.
  const Refusal& refusal() const { return refusal_; }

 private:
  struct Field {  // offsets from the request's first byte
    std::uint16_t name, name_size, value, value_size;
  };

  // Beast's parser, used for the head only; what it finds goes to the RequestParser.
  class Head final : public boost::beast::http::basic_parser<true> {
   public:
    explicit Head(RequestParser& owner) : owner_(owner) {}

   private:
    using Text = boost::beast::string_view;
    using Error = boost::beast::error_code;
    void on_request_impl(boost::beast::http::verb, Text method, Text target, int version,
                         Error& error) override;
    void on_response_impl(int, Text, int, Error&) override {}
    void on_field_impl(boost::beast::http::field field, Text name, Text value, Error& error) override;
    void on_header_impl(Error&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
    std::size_t on_body_impl(Text body, Error&) override { return body.size(); }
    void on_chunk_header_impl(std::uint64_t, Text, Error&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, Text body, Error&) override { return body.size(); }
    void on_finish_impl(Error&) override {}

    RequestParser& owner_;
  };
  friend class Head;

  char* base() const { return data_.get() + begin_; }
  std::size_t buffered() const { return end_ - begin_; }
  State parse_head();
  State parse_body();
  State end_head();
  void allow_body(std::size_t bytes);
  State refuse(Code code, std::string_view message);
  const char* check_target(std::string_view target);
  const char* check_field(boost::beast::http::field field, std::string_view name, std::string_view value);

  Limits limits_;
  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;  // of the request being parsed
  std::size_t end_ = 0;    // end of the received bytes

  // Of the request being parsed; offsets are from begin_.
  std::optional<Head> head_;
  std::size_t parsed_ = 0;
  std::size_t body_ = 0;
  std::size_t body_size_ = 0;
  std::size_t body_max_ = 0;
  std::vector<Field> fields_;
  Method method_ = Method::GET;
  std::size_t path_ = 0;
  std::size_t path_size_ = 0;  // 0: an absolute URL without path, which means "/"
  std::size_t query_ = 0;
  std::size_t query_size_ = 0;
  bool head_done_ = false;
  bool http_1_0_ = false;
  bool chunked_ = false;
  ChunkedDecoder chunks_{0, 0};
  bool has_host_ = false;
  bool has_length_ = false;
  bool expects_continue_ = false;
  bool skipped_blank_line_ = false;
  const char* fault_ = nullptr;  // the error of a callback, for people
  Code fault_code_ = Code::INVALID_REQUEST;
  Refusal refusal_;
};

}  // namespace stagedoor::http
