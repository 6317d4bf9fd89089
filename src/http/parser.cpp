#include "http/parser.h"

#include <algorithm>
#include <cstring>

#include "core/ensure.h"

namespace stagedoor::http {
namespace {

namespace beast = boost::beast;

constexpr std::size_t kSmall = 2 * 1024;    // buffer of an idle connection
constexpr std::size_t kFraming = 4 * 1024;  // most bytes of one chunk's head or of the trailers

constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_authority(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || is_digit(c) ||
           std::string_view("-._~:[]%!$&'()*+;=").find(c) != std::string_view::npos;
  });
}

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::span<char> RequestParser::space() {
  // In a chunked body the parsed framing leaves a gap; the unparsed bytes move over it.
  if (chunked_ && head_done_) {
    const std::size_t decoded_end = body_ + body_size_;
    std::memmove(base() + decoded_end, base() + parsed_, buffered() - parsed_);
    end_ -= parsed_ - decoded_end;
    parsed_ = decoded_end;
  }
  std::size_t wanted = std::max(capacity_, kSmall);
  if (head_done_ && !chunked_) wanted = std::max(wanted, body_ + body_size_);
  if (buffered() == capacity_)
    wanted = std::max(wanted, std::min(capacity_ * 2, limits_.head_max + body_max_ + kFraming));
  if (wanted > capacity_) {
    auto larger = std::make_unique_for_overwrite<char[]>(wanted);
    if (buffered() > 0) std::memcpy(larger.get(), base(), buffered());
    data_ = std::move(larger);
    capacity_ = wanted;
    end_ -= std::exchange(begin_, 0);
  } else if (begin_ > 0 && (end_ == capacity_ || begin_ + body_ + body_size_ > capacity_)) {
    std::memmove(data_.get(), base(), buffered());
    end_ -= std::exchange(begin_, 0);
  }
  ensure(end_ < capacity_, "a request within its limits fits the buffer");
  return {data_.get() + end_, capacity_ - end_};
}

RequestParser::Phase RequestParser::phase() const {
  if (head_done_) return Phase::body;
  return buffered() > 0 ? Phase::head : Phase::idle;
}

RequestParser::State RequestParser::parse() { return head_done_ ? parse_body() : parse_head(); }

RequestParser::State RequestParser::parse_head() {
  if (!head_) {
    // One empty line before a request is ignored (RFC 9112, 2.2).
    if (!skipped_blank_line_ && buffered() > 0 && *base() == '\r') {
      if (buffered() == 1) return State::need_more;
      if (base()[1] == '\n') begin_ += 2, skipped_blank_line_ = true;
    }
    if (buffered() == 0) return State::need_more;
    head_.emplace(*this);
    head_->header_limit(
        static_cast<std::uint32_t>(limits_.head_max * 2));  // the exact limit is checked below
    allow_body(limits_.body_max);
  }
  beast::error_code error;
  parsed_ += head_->put(boost::asio::const_buffer(base() + parsed_, buffered() - parsed_), error);
  if (fault_) return refuse(fault_code_, fault_);
  if (error == beast::http::error::body_limit) {
    return refuse(Code::PAYLOAD_TOO_LARGE, "The body is too large");
  }
  const bool complete = !error && head_->is_header_done();
  if ((complete ? parsed_ : buffered()) > limits_.head_max || error == beast::http::error::header_limit) {
    return refuse(Code::INVALID_REQUEST, "The request's head is too large");
  }
  if (complete) return end_head();
  if (!error || error == beast::http::error::need_more) return State::need_more;
  return refuse(Code::INVALID_REQUEST, "The request is not well-formed HTTP/1.1: " + error.message());
}

void RequestParser::allow_body(std::size_t bytes) {
  body_max_ = bytes;
  head_->body_limit(bytes);
}

RequestParser::State RequestParser::end_head() {
  if (!has_host_ && !http_1_0_) return refuse(Code::INVALID_REQUEST, "HTTP/1.1 needs a Host header");
  head_done_ = true;
  chunked_ = head_->chunked();
  body_ = parsed_;
  if (chunked_) chunks_ = ChunkedDecoder(body_max_, kFraming);
  else body_size_ = static_cast<std::size_t>(head_->content_length().value_or(0));
  return parse_body();
}

RequestParser::State RequestParser::parse_body() {
  if (!chunked_) return buffered() - body_ >= body_size_ ? State::complete : State::need_more;
  const auto step = chunks_.decode({base() + parsed_, buffered() - parsed_}, base() + body_ + body_size_);
  parsed_ += step.used;
  body_size_ += step.decoded;
  switch (step.state) {
    case ChunkedDecoder::State::need_more:
      return State::need_more;
    case ChunkedDecoder::State::done:
      return State::complete;
    case ChunkedDecoder::State::malformed:
      break;
    case ChunkedDecoder::State::too_large:
      return refuse(Code::PAYLOAD_TOO_LARGE, "The body is too large");
  }
  return refuse(Code::INVALID_REQUEST, "The body is not well-formed chunked coding");
}

RequestParser::State RequestParser::refuse(Code code, std::string_view message) {
  refusal_ = {.code = code, .message = std::string(message)};
  return State::refused;
}

bool RequestParser::wants_continue() {
  return head_done_ && buffered() == body_ && std::exchange(expects_continue_, false);
}

void RequestParser::fill(Request& request, std::vector<Header>& scratch) const {
  const char* at = base();
  request.method = method_;
  request.path = path_size_ == 0 ? std::string_view("/") : std::string_view(at + path_, path_size_);
  request.raw_query = {at + query_, query_size_};
  request.body = {at + body_, body_size_};
  scratch.clear();
  for (const Field& field : fields_) {
    scratch.push_back(
        {.name = {at + field.name, field.name_size}, .value = {at + field.value, field.value_size}});
  }
  request.headers = scratch;
}

void RequestParser::next() {
  begin_ += chunked_ ? parsed_ : body_ + body_size_;
  head_.reset();
  parsed_ = body_ = body_size_ = 0;
  fields_.clear();
  path_ = path_size_ = query_ = query_size_ = 0;
  head_done_ = http_1_0_ = chunked_ = has_host_ = has_length_ = expects_continue_ = skipped_blank_line_ =
      false;
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (capacity_ > 2 * kSmall) data_.reset(), capacity_ = 0;
  }
}

void RequestParser::release() {
  next();
  data_.reset();
  capacity_ = begin_ = end_ = 0;
  fields_ = {};
}

// The form of the target: a path, or a URL of which we take the path (RFC 9112, 3.2). Returns the error, or
// nullptr.
const char* RequestParser::check_target(std::string_view target) {
  for (const char c : target) {
    if (c <= ' ' || c == '#' || c == 127) return "The target has characters that must be percent-encoded";
  }
  if (target == "*" && method_ == Method::OPTIONS) {
    path_ = static_cast<std::size_t>(target.data() - base());
    path_size_ = 1;
    return nullptr;
  }
  std::string_view rest = target;
  if (!rest.starts_with('/')) {
    const std::size_t colon = rest.find("://");
    std::string scheme(rest.substr(0, colon == rest.npos ? 0 : colon));
    for (char& c : scheme) c = static_cast<char>(c | 0x20);
    if (scheme != "http" && scheme != "https") return "The target must be a path or an http URL";
    rest.remove_prefix(colon + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
    if (authority.empty() || !is_authority(authority)) return "The target's host is not well-formed";
    rest.remove_prefix(authority.size());
  }
  const std::size_t question = rest.find('?');
  const std::string_view path = rest.substr(0, question);
  if (!path.empty() && path == limits_.large_body_path) allow_body(limits_.large_body_max);
  path_ = static_cast<std::size_t>(path.data() - base());
  path_size_ = path.size();
  if (question != rest.npos) {
    query_ = path_ + path_size_ + 1;
    query_size_ = rest.size() - question - 1;
  }
  return nullptr;
}

const char* RequestParser::check_field(beast::http::field field, std::string_view name,
                                       std::string_view value) {
  // Beast joins folded lines into its own buffer, or skips the fold if nothing precedes it.
  const char* colon = name.data() + name.size();
  const bool in_place =
      std::less_equal<>()(colon, value.data()) && std::less<>()(value.data(), data_.get() + end_);
  if (!in_place || std::find(colon, value.data(), '\r') != value.data())
    return "Folded header lines are not allowed";
  switch (field) {
    case beast::http::field::host:
      if (std::exchange(has_host_, true)) return "There is more than one Host header";
      return is_authority(value) ? nullptr : "The Host header is not well-formed";
    case beast::http::field::content_length:
      if (std::exchange(has_length_, true)) return "There is more than one Content-Length header";
      return !value.empty() && std::all_of(value.begin(), value.end(), is_digit)
                 ? nullptr
                 : "Content-Length must be digits";
    case beast::http::field::transfer_encoding:
      if (http_1_0_) return "HTTP/1.0 has no Transfer-Encoding";
      return beast::iequals({value.data(), value.size()}, "chunked")
                 ? nullptr
                 : "Transfer-Encoding may only be chunked";
    case beast::http::field::expect:
      expects_continue_ = !http_1_0_ && beast::iequals({value.data(), value.size()}, "100-continue");
      return nullptr;
    default:
      return nullptr;
  }
}

void RequestParser::Head::on_request_impl(beast::http::verb, Text method, Text target, int version,
                                          Error& error) {
  owner_.http_1_0_ = version == 10;
  const auto known = stagedoor::http::parse_method(view(method));
  owner_.method_ = known.value_or(Method::GET);
  if (!known) {
    owner_.fault_ = "This method is not possible here";
    owner_.fault_code_ = Code::METHOD_NOT_ALLOWED;
  } else {
    owner_.fault_ = owner_.check_target(view(target));
  }
  if (owner_.fault_) error = beast::http::error::bad_target;
}

void RequestParser::Head::on_field_impl(beast::http::field field, Text name, Text value, Error& error) {
  owner_.fault_ = owner_.check_field(field, view(name), view(value));
  if (owner_.fault_) {
    error = beast::http::error::bad_field;
    return;
  }
  const auto offset = [&](Text text) { return static_cast<std::uint16_t>(text.data() - owner_.base()); };
  owner_.fields_.push_back({.name = offset(name),
                            .name_size = static_cast<std::uint16_t>(name.size()),
                            .value = offset(value),
                            .value_size = static_cast<std::uint16_t>(value.size())});
}

}  // namespace stagedoor::http
