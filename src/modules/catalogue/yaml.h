// A YAML or JSON text as a JSON value, with the line of every part. Independent of the content (document.h).
#pragma once

#include <boost/json/value.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "json/field_errors.h"

namespace stagedoor::catalogue {

class YamlText {
 public:
  // Adds syntax errors with their paths to `errors`; value() is then empty or lacks the faulty parts. Plain
  // scalars follow the JSON schema of YAML 1.2: null, true, 12, 0.5; all others are strings. A text that
  // begins with '{' is read as JSON.
  YamlText(std::string_view text, json::FieldErrors& errors);

  const std::optional<boost::json::value>& value() const { return value_; }

  // The line (from 1) of the part at `path` ("events[0].queue.people"), or of the nearest existing part
  // around it.
  int line_of(std::string_view path) const;

 private:
  class Reader;

  std::optional<boost::json::value> value_;
  std::map<std::string, int, std::less<>> lines_;
};

}  // namespace stagedoor::catalogue
