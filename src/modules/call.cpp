#include "modules/call.h"

#include <charconv>

#include "core/sha256.h"
#include "json/schema.h"

namespace stagedoor {
namespace {

constexpr int kLimitMax = 200;

bool parse(const std::string& text, std::int64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

Result<Idempotency> idempotency_of(const http::Request& request, const UserId& user) {
  const std::string_view key = request.header("Idempotency-Key");
  if (key.empty()) return Idempotency{};
  if (key.size() > kIdempotencyKeyMax) {
    return Failure{Code::INVALID_REQUEST,
                   "The Idempotency-Key is too long.",
                   {{"Idempotency-Key", "at most 255 characters"}},
                   {},
                   {}};
  }
  std::string asked(http::to_string(request.method));
  asked += ' ';
  asked += request.path;
  asked += '\n';
  asked += request.body;
  const Sha256 digest = sha256(asked);
  return Idempotency{user, std::string(key), std::string(digest.begin(), digest.end())};
}

Result<PageAt> page_of(const http::Request& request) {
  PageAt at;
  std::vector<Fault> faults;
  std::int64_t number = 0;
  if (const auto limit = request.query("limit")) {
    if (parse(*limit, number) && number >= 1 && number <= kLimitMax) at.limit = static_cast<int>(number);
    else faults.push_back({"limit", "must be a whole number from 1 to 200"});
  }
  if (const auto cursor = request.query("cursor")) {
    if (parse(*cursor, number) && number >= 1) at.before = number;
    else faults.push_back({"cursor", "must be the nextCursor of an earlier page"});
  }
  if (!faults.empty())
    return Failure{Code::INVALID_REQUEST, "The page asked for does not exist.", std::move(faults), {}, {}};
  return at;
}

std::vector<http::Parameter> page_parameters() {
  return {{.name = "limit",
           .description = "How many, 1 to 200; 50 when left out",
           .schema = &json::schema<std::int64_t>},
          {.name = "cursor", .description = "nextCursor of the page before"}};
}

std::vector<http::Parameter> stream_parameters() {
  return {{.name = "token",
           .description = "The token, where no header can be sent; only here may it stand in a URL"},
          {.name = "Last-Event-ID",
           .description = "The id of the last event heard: what it told is not told again",
           .in = http::ParameterPlace::header}};
}

http::Parameter idempotency_parameter() {
  return {.name = "Idempotency-Key",
          .description =
              "At most 255 characters. The same request with the same key within 24 h gives the first answer "
              "again",
          .in = http::ParameterPlace::header};
}

}  // namespace stagedoor
