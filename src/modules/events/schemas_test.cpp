#include "modules/events/schemas.h"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <set>

#include "modules/events/envelope.h"
#include "modules/events/event_types.h"
#include "modules/events/type_list.h"

namespace stagedoor::events {
namespace {

namespace bj = boost::json;

// What `schema` says against `value`; as much of JSON Schema as the events need.
void check(const bj::value& schema, const bj::value& value, const std::string& path) {
  const auto& object = schema.as_object();
  if (const auto* values = object.if_contains("enum")) {
    EXPECT_THAT(values->as_array(), testing::Contains(value)) << path;
  }
  if (const auto* required = object.if_contains("required")) {
    for (const auto& name : required->as_array())
      EXPECT_TRUE(value.as_object().contains(name.as_string())) << path << " lacks " << name.as_string();
  }
  if (const auto* properties = object.if_contains("properties")) {
    for (const auto& [name, member] : value.as_object()) {
      ASSERT_TRUE(properties->as_object().contains(name)) << path << " does not describe " << name;
      check(properties->at(name), member, path + "." + std::string(name));
    }
  }
}

void expect_described(OutboxRow row, const std::string& file) {
  SCOPED_TRACE(row.type);
  check(bj::parse(schemas().at(file)), bj::parse(to_event(std::move(row), source_of("x")).json), file);
}

TEST(Schemas, describe_every_event) {
  Ids ids(100);
  using enum ReservationStatus;
  for (const auto status : {RESERVED, PENDING, PAID, CANCELLED, REFUNDED})
    for (const auto reason : {CancelReason::NONE, CancelReason::LAPSED}) {
      Reservation row;
      row.status = status;
      row.reason = reason;
      expect_described(event_of(row, ids), "reservation.v1.json");
    }
  for (const auto type : {PostingType::CHARGE, PostingType::USE, PostingType::REFUND}) {
    Posting posting;
    posting.type = type;
    expect_described(event_of(posting, UserId{}, ids), "wallet.v1.json");
  }
  expect_described(event_of(Payment{}, ids), "payment.v1.json");
}

// R-M6: the list has every type, under its own name, and its example is one of them.
TEST(Schemas, describe_every_type_of_the_list_by_its_example) {
  std::set<std::string> types, files;
  for (const auto& each : event_types()) {
    EXPECT_EQ(each.example.type, each.type());
    EXPECT_TRUE(types.insert(each.type()).second) << each.type() << " is listed twice";
    files.insert(std::string(each.entity) + ".v1.json");
    expect_described(each.example, std::string(each.entity) + ".v1.json");
  }
  for (const auto& [name, schema] : schemas()) EXPECT_THAT(files, testing::Contains(name));
}

// R-E3: consumers must not refuse a member that a later program adds.
TEST(Schemas, allow_more_members) {
  for (const auto& [name, schema] : schemas())
    EXPECT_THAT(schema, testing::Not(testing::HasSubstr("additionalProperties"))) << name;
}

}  // namespace
}  // namespace stagedoor::events
