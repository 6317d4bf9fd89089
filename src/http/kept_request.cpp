#include "http/kept_request.h"

namespace stagedoor::http {

KeptRequest::KeptRequest(const Request& from, Body body) : request_(from) {
  if (body == Body::left_out) request_.body = {};
  for (std::string_view* view :
       {&request_.path, &request_.raw_query, &request_.body, &request_.request_id, &request_.traceparent})
    *view = keep(*view);
  for (auto& parameter : request_.parameters) parameter = keep(parameter);
  headers_.reserve(from.headers.size());
  for (const auto& [name, value] : from.headers) headers_.push_back({keep(name), keep(value)});
  request_.headers = headers_;
}

}  // namespace stagedoor::http
