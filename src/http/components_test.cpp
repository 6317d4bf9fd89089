#include "http/components.h"

#include <gtest/gtest.h>

#include "json/schema.h"

namespace stagedoor::http {

namespace first {
struct Body {
  bool a = false;
};
BOOST_DESCRIBE_STRUCT(Body, (), (a))
}  // namespace first
namespace second {
struct Body {
  bool b = false;
};
BOOST_DESCRIBE_STRUCT(Body, (), (b))
}  // namespace second

namespace {

using json::schema;

TEST(JsonSchema, keeps_two_structs_of_one_name_apart) {
  Components components;
  EXPECT_EQ(schema<first::Body>(components).at("$ref"), "#/components/schemas/Body");
  EXPECT_EQ(schema<second::Body>(components).at("$ref"), "#/components/schemas/second.Body");
  EXPECT_EQ(schema<first::Body>(components).at("$ref"), "#/components/schemas/Body");
  EXPECT_EQ(components.schemas().size(), 2u);
}

}  // namespace
}  // namespace stagedoor::http
