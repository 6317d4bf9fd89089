// The named schemas of an OpenAPI document, and the references to them.
#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace stagedoor::http {

// One schema for each described struct, made once; filled by json::schema().
class Components {
 public:
  // `{"$ref": "#/components/schemas/NAME"}` of the type whose full name is given. `make` builds the schema
  // and is called only the first time. If two types have the same short name, the later one is prefixed with
  // its namespace.
  template <class Make>
  boost::json::value ref(std::string_view full_name, Make make) {
    auto [name, is_new] = name_of(full_name);
    if (is_new) schemas_[name] = make();
    return {{"$ref", "#/components/schemas/" + name}};
  }
  const std::map<std::string, boost::json::value>& schemas() const { return schemas_; }

 private:
  std::pair<std::string, bool> name_of(std::string_view full_name);

  std::map<std::string, boost::json::value> schemas_;
  std::map<std::string, std::string, std::less<>> names_;  // full → short
};

}  // namespace stagedoor::http
