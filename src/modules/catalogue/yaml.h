// A YAML or JSON text as a JSON value, with the line on which every part of it stands. Knows nothing of what
// the text is about (document.h).
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
  // What is wrong with the form of the text goes to `errors`, each with the path where it is; then value() is
  // empty or lacks the faulty parts. Plain scalars are read as YAML 1.2 reads JSON: null, true, 12, 0.5;
  // everything else is a text. A text that begins with '{' is read as JSON.
  YamlText(std::string_view text, json::FieldErrors& errors);

  const std::optional<boost::json::value>& value() const { return value_; }

  // The line (from 1) of the part that `path` names ("events[0].queue.people"), or of the nearest part around
  // it that is there.
  int line_of(std::string_view path) const;

 private:
  class Reader;

  std::optional<boost::json::value> value_;
  std::map<std::string, int, std::less<>> lines_;
};

}  // namespace stagedoor::catalogue
