// What an import makes of an event or a date that exists (R-K4): an operator's changes are kept, everything
// else follows the file. Works on the JSON of documents (document.h), field by field: "queue.people" is a
// field. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace stagedoor::catalogue {

// A field that an operator changed since the last import.
struct KeptField {
  std::string name;  // without the group it is in: "people"
  std::string file;  // its value there and now, for people
  std::string now;
};

struct Merged {
  boost::json::object document;  // what the import makes of it
  std::vector<KeptField> kept;
};

// `last` is what imports said before; "": there was none, so every field that differs from the file is an
// operator's. Fields that the file leaves out stay as they are.
Merged merge_import(const boost::json::object& file, const boost::json::object& now, std::string_view last);

// What imports have said after this one.
std::string remember_import(const boost::json::object& file, std::string_view last);

}  // namespace stagedoor::catalogue
