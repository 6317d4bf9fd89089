// What a client would rather have: headers such as Accept-Encoding and Accept-Language (RFC 9110,
// section 12.4.2).
#pragma once

#include <string_view>
#include <vector>

namespace stagedoor::http {

struct Preference {
  std::string_view name;
  double weight = 1;  // 0: not this one

  bool is(std::string_view other) const;  // case-insensitive
};

// The entries in their order; what is malformed counts as 1. Views of `header`.
std::vector<Preference> preferences(std::string_view header);
bool accepts_gzip(std::string_view accept_encoding);

}  // namespace stagedoor::http
