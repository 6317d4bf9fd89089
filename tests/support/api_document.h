// The API document (R-X8) as the tests hold answers to it.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "support/calls.h"

namespace stagedoor::test {

class ApiDocument {
 public:
  explicit ApiDocument(boost::json::value document) : document_(std::move(document)) {}

  const boost::json::value& json() const { return document_; }
  // Why the document does not describe this answer; "" if it does, or if it has no such path.
  std::string fault(const Call& call, const ApiReply& reply) const;
  // Why the value does not fit the schema; "" if it does. Knows the keywords that the document uses.
  std::string mismatch(const boost::json::value& schema, const boost::json::value& value) const;

 private:
  const boost::json::object* operations_of(std::string_view target) const;
  std::string mismatch_of_object(const boost::json::object& schema, const boost::json::object& value) const;

  boost::json::value document_;
};

}  // namespace stagedoor::test
