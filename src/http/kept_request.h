// A copy of a request, for a handler that is called when the connection's own has returned.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "http/types.h"

namespace stagedoor::http {

class KeptRequest {
 public:
  enum class Body { left_out, kept };

  KeptRequest(const Request& from, Body body);
  KeptRequest(const KeptRequest&) = delete;
  KeptRequest& operator=(const KeptRequest&) = delete;

  // Its views are valid as long as this object.
  const Request& get() const { return request_; }

 private:
  std::string_view keep(std::string_view text) { return texts_.emplace_back(text); }

  Request request_;
  std::deque<std::string> texts_;
  std::vector<Header> headers_;
};

}  // namespace stagedoor::http
