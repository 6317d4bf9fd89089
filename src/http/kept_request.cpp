#include "http/kept_request.h"

#include <utility>

namespace stagedoor::http {

KeptRequest::KeptRequest(const Request& from, Body body)
    : request_(from), headers_(from.headers.begin(), from.headers.end()) {
  if (body == Body::left_out) request_.body = {};
  std::size_t size = 0;
  for_each_view([&](std::string_view& view) { size += view.size(); });
  texts_ = std::make_unique_for_overwrite<char[]>(size);
  char* to = texts_.get();
  for_each_view([&](std::string_view& view) {
    const std::size_t copied = view.copy(to, view.size());
    view = {std::exchange(to, to + copied), copied};
  });
  request_.headers = headers_;
}

void KeptRequest::for_each_view(const std::function<void(std::string_view&)>& visit) {
  for (std::string_view* view :
       {&request_.path, &request_.raw_query, &request_.body, &request_.request_id, &request_.traceparent})
    visit(*view);
  for (std::string_view& parameter : request_.parameters) visit(parameter);
  for (auto& [name, value] : headers_) visit(name), visit(value);
}

}  // namespace stagedoor::http
