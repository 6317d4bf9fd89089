// The form of answers: the envelope of successes, the body and status of refusals (R-X1, section 8), paging
// (R-X6) and conditional requests (R-X7).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/answer.h"
#include "core/refusal.h"
#include "http/types.h"
#include "json/write.h"

namespace stagedoor::http {

// The HTTP status of a refusal: the table of section 8.
int status_of(Code code);

// {"success":false,"code":…,"message":…,"details":[…],"moreDetails":N, extra members}, with `refusal` set to
// the code. Lists the first 20 details; `moreDetails` counts the others, if any. 429 and 503 carry
// `Retry-After: 1` unless the refusal brings its own, 401 carries `WWW-Authenticate`.
Answer render_refusal(const Refusal& refusal);

inline Answer answer_of(Result<Answer> result) {
  return result ? std::move(*result) : render_refusal(result.error());
}

// {"success":true,"data":…}
template <class Dto>
Answer ok(int status, const Dto& dto) {
  Answer answer{.status = status};
  answer.body.reserve(512);  // enough for the usual answer
  answer.body = R"({"success":true,"data":)";
  json::write(answer.body, dto);
  answer.body += '}';
  return answer;
}

// One page of a growing list: `nextCursor` beside `data`, null at the end.
template <class Dto>
Answer page(const std::vector<Dto>& dtos, const std::optional<std::string>& next_cursor) {
  Answer answer;
  answer.body = R"({"success":true,"data":)";
  json::write(answer.body, dtos);
  answer.body += R"(,"nextCursor":)";
  json::write(answer.body, next_cursor);
  answer.body += '}';
  return answer;
}

// Adds `ETag: "<tag>"`; turns into an empty 304 if the request's If-None-Match names it. `tag` is without
// quotes. For successes of GET and HEAD only.
Answer with_etag(const Request& request, Answer answer, std::string_view tag);
Answer with_etag(std::string_view if_none_match, Answer answer, std::string_view tag);
bool etag_matches(std::string_view if_none_match, std::string_view tag);

// An ETag computed from the bytes.
std::string content_tag(std::string_view bytes);

}  // namespace stagedoor::http
