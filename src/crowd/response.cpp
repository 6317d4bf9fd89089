#include "crowd/response.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "core/parse_number.h"

namespace stagedoor::crowd {
namespace {

constexpr std::size_t kFirstRoom = 4096;
constexpr std::size_t kKeptRoomMax = 64 * 1024;  // a bigger buffer (a large seat map) is freed
constexpr std::size_t kHeadMax = 64 * 1024;
constexpr std::size_t kBodyMax = 1024u * 1024 * 1024;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<std::size_t> number(std::string_view text, int base) {
  const auto value = parse_number<std::size_t>(text, base);
  return value && *value <= kBodyMax ? value : std::nullopt;
}

// Calls each(name, value) for every line of `lines`; false when a line has no colon.
template <class Each>
bool for_each_header(std::string_view lines, Each each) {
  while (!lines.empty()) {
    const auto end = lines.find("\r\n");
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 2);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    each(line.substr(0, colon), line.substr(colon + 1));
  }
  return true;
}

std::string_view find_header(std::string_view lines, std::string_view wanted) {
  std::string_view found;
  for_each_header(lines, [&](std::string_view name, std::string_view value) {
    if (found.data() == nullptr && same_word(name, wanted)) found = trim(value);
  });
  return found;
}

}  // namespace

std::string_view Response::header(std::string_view name) const { return find_header(headers, name); }

std::string Response::name() const {
  if (status == 0) return "no answer: " + std::string(error);
  std::string name = std::to_string(status);
  constexpr std::string_view kCode = "\"code\":\"";
  const auto at = status < 400 ? std::string_view::npos : body.find(kCode);
  if (at != std::string_view::npos) {
    const std::string_view code = body.substr(at + kCode.size());
    name.append(" ").append(code.substr(0, code.find('"')));
  }
  return name;
}

Reply::Reply(const Response& response)
    : status(response.status), headers(response.headers), body(response.body), error(response.error) {}

std::string_view Reply::header(std::string_view name) const { return find_header(headers, name); }

std::span<char> ResponseReader::room() {
  if (size_ == 0 && capacity_ > kKeptRoomMax) capacity_ = 0;
  std::size_t wanted = kFirstRoom;
  if (part_ == Part::length)
    wanted = std::max(wanted, size_ + left_ + 1);  // one more detects bytes after the end
  if (size_ == capacity_) wanted = std::max(wanted, size_ * 2);
  if (capacity_ < wanted) {
    auto larger = std::make_unique_for_overwrite<char[]>(wanted);
    if (size_ > 0) std::memcpy(larger.get(), buffer_.get(), size_);
    buffer_ = std::move(larger);
    capacity_ = wanted;
  }
  return {buffer_.get() + size_, capacity_ - size_};
}

ResponseReader::State ResponseReader::take(std::size_t count) {
  size_ += count;
  return advance();
}

ResponseReader::State ResponseReader::end() {
  if (part_ != Part::until_close) return State::malformed;
  part_ = Part::done;
  return State::complete;
}

Response ResponseReader::response() const {
  const std::string_view bytes(buffer_.get(), capacity_);
  return {.status = status_,
          .headers = bytes.substr(headers_at_, body_at_ - 2 - headers_at_),
          .body = bytes.substr(body_at_, body_size_),
          .error = {}};
}

void ResponseReader::reset() {
  size_ = body_size_ = next_ = searched_ = left_ = 0;
  part_ = Part::head;
  keep_alive_ = true;
  bodiless_ = malformed_ = false;
}

ResponseReader::State ResponseReader::advance() {
  while (!malformed_) {
    switch (part_) {
      case Part::head:
        if (!read_head()) return malformed_ ? State::malformed : State::more;
        break;
      case Part::length: {
        const std::size_t now = std::min(left_, size_ - next_);
        next_ += now;
        body_size_ += now;
        left_ -= now;
        if (left_ > 0) return State::more;
        part_ = Part::done;
        break;
      }
      case Part::until_close:
        body_size_ = size_ - body_at_;
        next_ = size_;
        return State::more;
      case Part::done:
        return next_ == size_ ? State::complete : State::malformed;
      default:
        if (!read_chunk()) return malformed_ ? State::malformed : State::more;
    }
  }
  return State::malformed;
}

bool ResponseReader::read_head() {
  const std::string_view bytes(buffer_.get(), size_);
  const auto end = bytes.find("\r\n\r\n", std::max(next_, searched_ < 3 ? 0 : searched_ - 3));
  if (end == std::string_view::npos) {
    searched_ = size_;
    malformed_ = size_ - next_ > kHeadMax;
    return false;
  }
  const std::string_view head = bytes.substr(next_, end + 2 - next_);  // lines, each ended by CRLF
  const auto line_end = head.find("\r\n");
  const std::string_view line = head.substr(0, line_end);
  const std::size_t status = line.size() < 12 ? 0 : number(line.substr(9, 3), 10).value_or(0);
  const bool old = line.starts_with("HTTP/1.0 ");
  if ((!old && !line.starts_with("HTTP/1.1 ")) || status < 100) return malformed_ = true, false;
  status_ = static_cast<int>(status);
  headers_at_ = next_ + line_end + 2;
  next_ = searched_ = body_at_ = end + 4;
  if (status_ < 200) return true;  // an interim answer: the real one follows

  keep_alive_ = !old;
  std::optional<std::size_t> length;
  bool chunked = false;
  bool readable = for_each_header(bytes.substr(headers_at_, end + 2 - headers_at_),
                                  [&](std::string_view name, std::string_view value) {
                                    if (name.size() == 14 && same_word(name, "Content-Length")) {
                                      malformed_ |= length.has_value();
                                      length = number(trim(value), 10);
                                      malformed_ |= !length;
                                    } else if (name.size() == 17 && same_word(name, "Transfer-Encoding")) {
                                      chunked = same_word(trim(value), "chunked");
                                      malformed_ |= !chunked;
                                    } else if (name.size() == 10 && same_word(name, "Connection")) {
                                      if (same_word(trim(value), "close")) keep_alive_ = false;
                                      if (same_word(trim(value), "keep-alive")) keep_alive_ = true;
                                    }
                                  });
  if (!readable || (chunked && length)) malformed_ = true;
  if (malformed_) return false;
  left_ = length.value_or(0);
  if (bodiless_ || status_ == 204 || status_ == 304) {
    part_ = Part::done;
  } else if (chunked) {
    part_ = Part::chunk_size;
  } else if (length) {
    part_ = Part::length;
  } else {
    part_ = Part::until_close;
    keep_alive_ = false;
  }
  return true;
}

bool ResponseReader::read_chunk() {
  if (part_ == Part::chunk) {
    const std::size_t now = std::min(left_, size_ - next_);
    std::memmove(buffer_.get() + body_at_ + body_size_, buffer_.get() + next_, now);
    next_ += now;
    body_size_ += now;
    left_ -= now;
    if (left_ == 0) part_ = Part::chunk_end;
    return left_ == 0;
  }
  const std::string_view bytes(buffer_.get(), size_);
  const auto line_end = bytes.find("\r\n", next_);
  if (line_end == std::string_view::npos) {
    malformed_ = size_ - next_ > kFirstRoom;
    return false;
  }
  const std::string_view line = bytes.substr(next_, line_end - next_);
  next_ = line_end + 2;
  if (part_ == Part::chunk_size) {
    const auto size = number(trim(line.substr(0, line.find(';'))), 16);
    malformed_ = !size || body_size_ + *size > kBodyMax;
    left_ = size.value_or(0);
    part_ = left_ == 0 ? Part::trailer : Part::chunk;
  } else if (part_ == Part::chunk_end) {
    malformed_ = !line.empty();
    part_ = Part::chunk_size;
  } else if (line.empty()) {
    part_ = Part::done;
  }
  return !malformed_;
}

}  // namespace stagedoor::crowd
