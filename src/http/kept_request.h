// A copy of a request, for a handler that is called when the connection's own has returned.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
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
  void for_each_view(const std::function<void(std::string_view&)>& visit);

  Request request_;
  std::vector<Header> headers_;
  std::unique_ptr<char[]> texts_;  // all of them, in one piece
};

}  // namespace stagedoor::http
