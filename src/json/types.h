// JSON in and out of described structs (Boost.Describe): one struct gives the reader (read.h), the writer
// (write.h) and the OpenAPI schema (schema.h), so the three cannot disagree. Member names are the JSON names.
// The types that a member may have:
//
//   bool, integers, double, std::string     as in JSON; 5.0 is not an integer
//   Id<Tag>                                 positive; number or numeric string in, number out (R-X2)
//   Uuid, TimePoint, Millis, Won            UUID text, RFC 3339, "5m", whole number
//   described enum                          the enumerator's name
//   std::optional<T>                        absent or null when empty; written as null
//   json::Omitted<T>                        the same when read; left out when written empty
//   json::Raw                               finished JSON; written only
//   json::Rendered<T>                       the finished JSON of a T, shared by many; written only
//   std::vector<T>, std::map<std::string, T>, described structs (also with described bases)
//
// A struct may add its own checks by a function beside it:
//   void check(const ChargeBody& body, json::FieldErrors& errors) {
//     if (body.amount < 1) errors.add("amount", "must be …");
//   }
// The check also runs if members have errors; a member gets at most one error.
//
// A struct that is read from a request says how long its lists may be: static constexpr std::size_t kListMax.
// For the schema it may say what its types cannot: static void refine(boost::json::object& properties).
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <memory>
#include <optional>
#include <string>

namespace stagedoor::json {

template <class T>
struct Omitted : std::optional<T> {
  using std::optional<T>::optional;
  bool operator==(const Omitted& other) const {
    return static_cast<const std::optional<T>&>(*this) == static_cast<const std::optional<T>&>(other);
  }
};

struct Raw {
  std::string text;  // one JSON value
};

template <class T>
struct Rendered {
  std::shared_ptr<const std::string> text;
};

}  // namespace stagedoor::json
