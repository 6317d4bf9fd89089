#include "http/response.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdint>

namespace stagedoor::http {
namespace {

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Other";
  }
}

void append_number(std::string& out, std::size_t number) {
  char digits[20];
  out.append(digits,
             static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, number).ptr - digits));
}

bool has_body(int status) { return status != 204 && status != 304; }

}  // namespace

std::string_view body_of(const Answer& answer) {
  if (!has_body(answer.status)) return {};
  return answer.shared ? std::string_view(*answer.shared) : std::string_view(answer.body);
}

bool is_file_in_pieces(const Answer& answer) {
  return answer.stream && answer.headers.find("Content-Type:") != std::string::npos;
}

void append_head(std::string& out, const Answer& answer, const ResponseHead& head) {
  if (answer.status == 200) [[likely]] {
    out += "HTTP/1.1 200 OK\r\nDate: ";
  } else {
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::size_t>(answer.status));
    out += ' ';
    out += reason_of(answer.status);
    out += "\r\nDate: ";
  }
  out += head.date;
  const bool is_file = is_file_in_pieces(answer);
  if (is_file) {
    if (!head.is_http_1_0) out += "\r\nTransfer-Encoding: chunked";
  } else if (answer.stream) {
    // X-Accel-Buffering: otherwise nginx delays events until its buffer is full.
    out += "\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: no";
  } else if (has_body(answer.status)) {
    if (answer.headers.empty() || answer.headers.find("Content-Type:") == std::string::npos) {
      out += "\r\nContent-Type: application/json";
    }
    out += "\r\nContent-Length: ";
    append_number(out, answer.length.value_or(body_of(answer).size()));
  }
  if (head.no_store && (is_file || !answer.stream) &&
      answer.headers.find("Cache-Control:") == std::string::npos)
    out += "\r\nCache-Control: no-store";
  if (!head.request_id.empty()) {
    out += "\r\nX-Request-Id: ";
    out += head.request_id;
  }
  if (!head.traceparent.empty()) {
    out += "\r\ntraceparent: ";
    out += head.traceparent;
  }
  if (head.is_tls) out += "\r\nStrict-Transport-Security: max-age=31536000";
  if (head.close) out += "\r\nConnection: close";
  if (head.keep_alive) out += "\r\nConnection: keep-alive";
  out += "\r\n";
  out += answer.headers;
  out += "\r\n";
}

std::string http_date(std::int64_t seconds) {
  const auto day =
      std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(seconds)));
  const std::chrono::year_month_day date(day);
  const auto second = seconds - day.time_since_epoch().count() * 86'400;
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                     kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     second / 3600, second / 60 % 60, second % 60);
}

}  // namespace stagedoor::http
