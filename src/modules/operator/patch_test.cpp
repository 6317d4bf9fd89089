// The examples of RFC 7396, appendix A.
#include "modules/operator/patch.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace stagedoor::operators {
namespace {

TEST(MergePatch, does_as_rfc_7396_says) {
  const struct {
    const char* target;
    const char* patch;
    const char* result;
  } rows[] = {{R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
              {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
              {R"({"a":"b"})", R"({"a":null})", R"({})"},
              {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
              {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
              {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
              {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
              {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
              {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
              {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
              {R"({"a":"foo"})", R"(null)", R"(null)"},
              {R"({"a":"foo"})", R"("bar")", R"("bar")"},
              {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
              {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
              {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"}};
  for (const auto& row : rows) {
    auto target = boost::json::parse(row.target);
    merge_patch(target, boost::json::parse(row.patch));
    EXPECT_EQ(target, boost::json::parse(row.result)) << row.target << " + " << row.patch;
  }
}

}  // namespace
}  // namespace stagedoor::operators
