#include "http/preferences.h"

#include <algorithm>
#include <charconv>

#include "http/types.h"

namespace stagedoor::http {
namespace {

// Cuts off the part before the first `end`, without blanks around it.
std::string_view next_part(std::string_view& rest, char end) {
  std::string_view part = rest.substr(0, rest.find(end));
  rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  part.remove_prefix(std::min(part.find_first_not_of(" \t"), part.size()));
  return part.substr(0, part.find_last_not_of(" \t") + 1);
}

double weight_of(std::string_view parameter) {
  double weight = 1;
  if (parameter.starts_with("q=") || parameter.starts_with("Q="))
    std::from_chars(parameter.data() + 2, parameter.data() + parameter.size(), weight);
  return weight;
}

}  // namespace

std::vector<Preference> preferences(std::string_view header) {
  std::vector<Preference> found;
  while (!header.empty()) {
    std::string_view parts = next_part(header, ',');
    Preference one{next_part(parts, ';')};
    while (!parts.empty()) one.weight = std::min(one.weight, weight_of(next_part(parts, ';')));
    if (!one.name.empty()) found.push_back(one);
  }
  return found;
}

bool Preference::is(std::string_view other) const { return Header{name, {}}.is(other); }

bool accepts_gzip(std::string_view accept_encoding) {
  return std::ranges::any_of(preferences(accept_encoding),
                             [](const Preference& one) { return one.is("gzip") && one.weight > 0; });
}

}  // namespace stagedoor::http
