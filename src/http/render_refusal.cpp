#include "http/render_refusal.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/describe/enum_to_string.hpp>
#include <span>

#include "core/hex.h"
#include "core/sha256.h"
#include "json/write.h"

namespace stagedoor::http {
namespace {

constexpr std::size_t kDetailsMax = 20;  // R-X3

}  // namespace

int status_of(Code code) {
  switch (code) {
    case Code::INVALID_REQUEST:
    case Code::INVALID_AMOUNT:
    case Code::EVENT_ID_REQUIRED:
    case Code::DATE_AMBIGUOUS:
      return 400;
    case Code::TOKEN_NOT_FOUND:
    case Code::TOKEN_EXPIRED:
    case Code::ADMIN_KEY_INVALID:
      return 401;
    case Code::NOT_ENOUGH_BALANCE:
      return 402;
    case Code::WRONG_TOKEN_TURN:
    case Code::WRONG_TOKEN_EVENT:
    case Code::FORBIDDEN:
      return 403;
    case Code::EVENT_NOT_FOUND:
    case Code::EVENT_DATE_NOT_FOUND:
    case Code::SEAT_NOT_FOUND:
    case Code::RESERVATION_NOT_FOUND:
    case Code::TICKET_NOT_FOUND:
    case Code::NOT_FOUND:
      return 404;
    case Code::METHOD_NOT_ALLOWED:
      return 405;
    case Code::SEAT_OCCUPIED:
    case Code::NO_SEAT_AVAILABLE:
    case Code::NO_SEATS_TOGETHER:
    case Code::SEAT_LIMIT_EXCEEDED:
    case Code::BOOKING_CLOSED:
    case Code::EVENT_NOT_ON_SALE:
    case Code::RESERVATION_ALREADY_PAID:
    case Code::WRONG_RESERVATION_STATUS:
    case Code::IDEMPOTENCY_MISMATCH:
    case Code::BALANCE_LIMIT_EXCEEDED:
    case Code::DRAW_FIXED:
    case Code::TICKET_ALREADY_USED:
    case Code::TICKET_REVOKED:
      return 409;
    case Code::RESERVATION_EXPIRED:
      return 410;
    case Code::PAYLOAD_TOO_LARGE:
      return 413;
    case Code::POLL_TOO_SOON:
    case Code::RATE_LIMITED:
      return 429;
    case Code::INTERNAL:
      return 500;
    case Code::OVERLOADED:
    case Code::STORE_UNAVAILABLE:
    case Code::OUTCOME_UNKNOWN:
      return 503;
  }
  return 500;
}

Answer render_refusal(const Refusal& refusal) {
  Answer answer{.status = status_of(refusal.code), .refusal = refusal.code};
  answer.body = R"({"success":false,"code":")";
  answer.body += boost::describe::enum_to_string(refusal.code, "INTERNAL");
  answer.body += R"(","message":)";
  json::write_string(answer.body, refusal.message);
  if (!refusal.details.empty()) {
    const std::size_t listed = std::min(refusal.details.size(), kDetailsMax);
    const std::size_t more = refusal.details.size() - listed + refusal.more_details;
    answer.body += R"(,"details":[)";
    for (const FieldError& error : std::span(refusal.details).first(listed)) {
      answer.body += R"({"path":)";
      json::write_string(answer.body, error.path);
      answer.body += R"(,"message":)";
      json::write_string(answer.body, error.message);
      answer.body += "},";
    }
    answer.body.back() = ']';
    if (more > 0) answer.body += fmt::format(R"(,"moreDetails":{})", more);
  }
  for (const auto& [name, value] : refusal.extra) {
    answer.body += ',';
    json::write_string(answer.body, name);
    answer.body += ':';
    answer.body += value;
  }
  answer.body += '}';
  // Every call takes its proof in this form; a token may stand in a header of its own, too (R-X4).
  if (answer.status == 401) answer.headers += "WWW-Authenticate: Bearer realm=\"stagedoor\"\r\n";
  bool says_when = false;
  for (const auto& [name, value] : refusal.headers) {
    says_when = says_when || name == "Retry-After";
    // A line break in a value would allow header injection.
    if (value.find_first_of("\r\n") != value.npos) continue;
    answer.headers += fmt::format("{}: {}\r\n", name, value);
  }
  if (!says_when && (answer.status == 429 || answer.status == 503)) answer.headers += "Retry-After: 1\r\n";
  return answer;
}

bool etag_matches(std::string_view if_none_match, std::string_view tag) {
  std::string_view rest = if_none_match;
  while (!rest.empty()) {
    std::string_view one = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
    while (!one.empty() && (one.front() == ' ' || one.front() == '\t')) one.remove_prefix(1);
    while (!one.empty() && (one.back() == ' ' || one.back() == '\t')) one.remove_suffix(1);
    if (one == "*") return true;
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one.size() == tag.size() + 2 && one.front() == '"' && one.back() == '"' &&
        one.substr(1, tag.size()) == tag) {
      return true;
    }
  }
  return false;
}

Answer with_etag(const Request& request, Answer answer, std::string_view tag) {
  return with_etag(request.header("If-None-Match"), std::move(answer), tag);
}

Answer with_etag(std::string_view if_none_match, Answer answer, std::string_view tag) {
  answer.headers.append("ETag: \"").append(tag).append("\"\r\n");
  if (etag_matches(if_none_match, tag)) {
    answer.status = 304;
    answer.body.clear();
    answer.shared.reset();
  }
  return answer;
}

std::string content_tag(std::string_view bytes) {
  const Sha256 digest = sha256(bytes);
  return to_hex({reinterpret_cast<const char*>(digest.data()), 12});
}

}  // namespace stagedoor::http
