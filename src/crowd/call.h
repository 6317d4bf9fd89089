// Blocking calls, one at a time over one keep-alive connection: for tests, set-up and operators' calls.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crowd/client.h"
#include "crowd/endpoint.h"
#include "crowd/response.h"

namespace stagedoor::crowd {

// Not thread-safe: one Caller per thread.
class Caller {
 public:
  // Throws like resolve(). Connects at the first call, and again after the server has closed the connection.
  explicit Caller(std::string_view url, std::chrono::milliseconds answer_within = std::chrono::seconds(30));

  // Reply.status is 0 when there was no answer.
  Reply call(const Request& request);
  // Sends these bytes unchanged, well-formed or not.
  Reply call_raw(std::string_view bytes);

  const Endpoint& endpoint() const { return client_.endpoint(); }

 private:
  Client client_;
  Reply reply_;
};

// One call over its own connection.
Reply call(std::string_view url, const Request& request);

}  // namespace stagedoor::crowd
