// The trace of a request, as W3C Trace Context writes it (R-O4): "00-TRACE-SPAN-FLAGS".
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace stagedoor {

// Every command has one and few requests have a trace, so it does not allocate.
class TraceContext {
 public:
  TraceContext() = default;
  // None, unless the text has the length of a traceparent. Its form is checked by continue_trace()
  // (http/trace.h).
  explicit TraceContext(std::string_view traceparent) {
    if (traceparent.size() == text_.size()) std::ranges::copy(traceparent, text_.begin());
  }
  // Empty: there is none.
  std::string_view text() const { return {text_.data(), text_.front() ? text_.size() : 0}; }

 private:
  std::array<char, 55> text_{};
};

}  // namespace stagedoor
