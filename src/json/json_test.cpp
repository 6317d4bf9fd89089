#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <cmath>

#include "json/read.h"
#include "json/schema.h"
#include "json/write.h"

namespace stagedoor::json {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Named schemas, as http/components.h keeps them.
struct Components {
  std::map<std::string, boost::json::value> all;
  const auto& schemas() const { return all; }
  template <class Make>
  boost::json::value ref(std::string_view full_name, Make make) {
    const std::string name(full_name.substr(full_name.rfind("::") + 2));
    if (!all.contains(name)) all[name] = make();
    return {{"$ref", "#/components/schemas/" + name}};
  }
};

BOOST_DEFINE_ENUM_CLASS(Admission, interval, capacity, both)

struct Policy {
  Millis hold_ttl{};
  std::int32_t seats_per_user = 0;
  bool operator==(const Policy&) const = default;
};
BOOST_DESCRIBE_STRUCT(Policy, (), (hold_ttl, seats_per_user))
void check(const Policy& policy, FieldErrors& errors) {
  if (policy.seats_per_user < 1) errors.add("seats_per_user", "must be at least 1");
}

struct Policies {
  std::vector<Policy> policies;
};
BOOST_DESCRIBE_STRUCT(Policies, (), (policies))

struct Base {
  EventId eventId;
  bool operator==(const Base&) const = default;
};
BOOST_DESCRIBE_STRUCT(Base, (), (eventId))

struct Everything : Base {
  bool flag = false;
  std::int32_t small = 0;
  std::int64_t big = 0;
  std::uint32_t place = 0;
  double share = 0;
  std::string text;
  SeatId seatId;
  UserId userId;
  TimePoint at{};
  Millis ttl{};
  Won price;
  Admission admission = Admission::interval;
  std::optional<std::string> note;
  Omitted<std::int64_t> extra;
  std::vector<SeatId> seatIds;
  std::map<std::string, Won> prices;
  Policy policy;
  std::optional<Policy> maybe;
  std::vector<Policy> policies;
  bool operator==(const Everything&) const = default;
};
BOOST_DESCRIBE_STRUCT(Everything, (Base),
                      (flag, small, big, place, share, text, seatId, userId, at, ttl, price, admission, note,
                       extra, seatIds, prices, policy, maybe, policies))

constexpr const char* kEverything =
    R"({"eventId":7,"flag":true,"small":-5,"big":9223372036854775807,"place":4294967295,"share":0.2,"text":"a","seatId":12,)"
    R"("userId":"00112233-4455-6677-8899-aabbccddeeff","at":"2026-01-01T00:00:00.250Z","ttl":"5m","price":110000,)"
    R"("admission":"both","note":null,"seatIds":[1,2],"prices":{"VIP":2,"b":1},)"
    R"("policy":{"hold_ttl":"1m30s","seats_per_user":4},"maybe":null,"policies":[{"hold_ttl":"0s","seats_per_user":1}]})";

// "path message" of every error of a refused text.
template <class T>
std::vector<std::string> errors_of(std::string_view text) {
  const auto result = read<T>(text);
  std::vector<std::string> out;
  if (result) return out;
  EXPECT_EQ(result.error().code, Code::INVALID_REQUEST);
  for (const FieldError& error : result.error().details) out.push_back(error.path + ": " + error.message);
  return out;
}

struct OneBool {
  bool x = false;
};
BOOST_DESCRIBE_STRUCT(OneBool, (), (x))
struct OneInt {
  std::int32_t x = 0;
};
BOOST_DESCRIBE_STRUCT(OneInt, (), (x))
struct OneBig {
  std::int64_t x = 0;
};
BOOST_DESCRIBE_STRUCT(OneBig, (), (x))
struct OneDouble {
  double x = 0;
};
BOOST_DESCRIBE_STRUCT(OneDouble, (), (x))
struct OneText {
  std::string x;
};
BOOST_DESCRIBE_STRUCT(OneText, (), (x))
struct OneId {
  SeatId x;
};
BOOST_DESCRIBE_STRUCT(OneId, (), (x))
struct OneUser {
  UserId x;
};
BOOST_DESCRIBE_STRUCT(OneUser, (), (x))
struct OneTime {
  TimePoint x{};
};
BOOST_DESCRIBE_STRUCT(OneTime, (), (x))
struct OneDuration {
  Millis x{};
};
BOOST_DESCRIBE_STRUCT(OneDuration, (), (x))
struct OneWon {
  Won x;
};
BOOST_DESCRIBE_STRUCT(OneWon, (), (x))
struct OneEnum {
  Admission x{};
};
BOOST_DESCRIBE_STRUCT(OneEnum, (), (x))
struct OneOptional {
  std::optional<std::int64_t> x;
};
BOOST_DESCRIBE_STRUCT(OneOptional, (), (x))
struct OneOmitted {
  Omitted<std::int64_t> x;
};
BOOST_DESCRIBE_STRUCT(OneOmitted, (), (x))
struct OneList {
  std::vector<std::int64_t> x;
};
BOOST_DESCRIBE_STRUCT(OneList, (), (x))
struct Empty {};
BOOST_DESCRIBE_STRUCT(Empty, (), ())

template <class T>
std::string error_of(const std::string& value) {
  const auto errors = errors_of<T>(R"({"x":)" + value + "}");
  return errors.empty() ? "" : errors.size() == 1 ? errors[0] : "several errors";
}

TEST(ReadJson, reads_every_kind_of_member_and_writes_the_same_text_back) {
  const auto read_once = read<Everything>(kEverything);
  ASSERT_TRUE(read_once) << read_once.error().message;
  EXPECT_EQ(read_once->eventId, EventId{7});
  EXPECT_EQ(read_once->at, from_ms(1767225600250));
  EXPECT_EQ(read_once->ttl, Millis(300'000));
  EXPECT_EQ(read_once->admission, Admission::both);
  EXPECT_EQ(read_once->prices.at("VIP"), Won{2});
  EXPECT_EQ(to_text(*read_once), kEverything);
  EXPECT_EQ(*read<Everything>(to_text(*read_once)), *read_once);
}

TEST(ReadJson, lists_all_errors_at_once_with_their_paths_R_X3) {
  EXPECT_THAT(
      errors_of<Everything>(
          R"({"eventId":0,"flag":1,"small":2147483648,"big":5.0,"place":-1,"share":"x","text":5,"seatId":"0x1",)"
          R"("userId":"me","at":"today","ttl":5,"price":1.5,"admission":"none","seatIds":[1,2,"a"],)"
          R"("prices":{"VIP":"much"},"policy":{"hold_ttl":"5 minutes","surprise":1},"maybe":3,"policies":[],)"
          R"("unknown":{}})"),
      ElementsAre("eventId: must be an id: a whole number above 0", "flag: must be true or false",
                  "small: must be from -2147483648 to 2147483647", "big: must be a whole number",
                  "place: must be from 0 to 4294967295", "share: must be a number", "text: must be a text",
                  "seatId: must be an id: a whole number above 0", "userId: must be a UUID",
                  "at: must be a time in RFC 3339, such as 2026-01-01T00:00:00Z",
                  "ttl: must be a duration, such as 5m, 30s or 250ms", "price: must be a whole number",
                  "admission: must be one of interval, capacity, both",
                  "seatIds[2]: must be an id: a whole number above 0", "prices.VIP: must be a whole number",
                  "policy.hold_ttl: must be a duration, such as 5m, 30s or 250ms",
                  "policy.seats_per_user: is required", "policy.surprise: is not a known field",
                  "maybe: must be an object", "unknown: is not a known field"));
  EXPECT_THAT(errors_of<Policies>(R"({"policies":[{},7]})"),
              ElementsAre("policies[0].hold_ttl: is required", "policies[0].seats_per_user: is required",
                          "policies[1]: must be an object"));
}

TEST(ReadJson, runs_the_structs_own_checks_beside_the_other_errors) {
  EXPECT_THAT(errors_of<Policy>(R"({"hold_ttl":1,"seats_per_user":0})"),
              ElementsAre("hold_ttl: must be a duration, such as 5m, 30s or 250ms",
                          "seats_per_user: must be at least 1"));
  // A member that is faulty already gets no second error from the check of its default value.
  EXPECT_THAT(errors_of<Policy>(R"({"hold_ttl":"5m"})"), ElementsAre("seats_per_user: is required"));
}

TEST(ReadJson, names_duplicate_keys_with_their_paths) {
  EXPECT_THAT(errors_of<OneInt>(R"({"x":1,"x":2,"x":3})"), ElementsAre("x: appears more than once"));
  EXPECT_THAT(errors_of<OneInt>(R"({"x":1,"\u0078":2})"), ElementsAre("x: appears more than once"));
  EXPECT_THAT(errors_of<OneInt>(R"({"\u0078":1,"\u0079":2,"\u0078":3})"),
              testing::UnorderedElementsAre("x: appears more than once", "y: is not a known field"));
  const std::string nested = R"({"a":[[0,{"b":{"k":1,"k":2}}]],"c":1,"c":1})";
  FieldErrors errors;
  ASSERT_TRUE(parse(nested, errors));
  const auto found = errors.take();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].path, "a[0][1].b.k");
  EXPECT_EQ(found[1].path, "c");
  EXPECT_THAT(errors_of<OneInt>(R"({"x":1})"), IsEmpty());
}

TEST(ReadJson, says_where_a_text_stops_being_json) {
  EXPECT_THAT(errors_of<OneInt>("{\"x\":1,\n  oops}"), ElementsAre(HasSubstr("at line 2, column 3")));
  for (const char* text : {"", " ", "{", "{\"x\":1", "{\"x\":1}}", "{\"x\":1} {}", "{\"x\":1,}", "{'x':1}",
                           "{\"x\":01}", "{\"x\":+1}", "{\"x\":NaN}", "{\"x\":1}\x01", "// c\n{\"x\":1}",
                           "\xff", "{\"x\":\"\xc0\x80\"}", "{\"x\":\"\\ud800\"}", "nul", "{\"x\":\"\n\"}"}) {
    EXPECT_THAT(errors_of<OneInt>(text), ElementsAre(HasSubstr("is not JSON"))) << text;
  }
}

TEST(ReadJson, refuses_more_than_32_levels) {
  const auto nested = [](int levels) {
    return std::string(static_cast<std::size_t>(levels), '[') +
           std::string(static_cast<std::size_t>(levels), ']');
  };
  FieldErrors errors;
  EXPECT_TRUE(parse(nested(32), errors));
  EXPECT_FALSE(parse(nested(33), errors));
  EXPECT_THAT(errors.take().at(0).message, HasSubstr("deeper than 32"));
  EXPECT_THAT(errors_of<OneInt>(nested(100'000)), ElementsAre(HasSubstr("deeper than 32")));
}

TEST(ReadJson, refuses_a_document_that_is_no_object) {
  for (const char* text : {"1", "[]", "null", "\"x\"", "true"}) {
    EXPECT_THAT(errors_of<OneInt>(text), ElementsAre(": must be an object")) << text;
  }
}

TEST(ReadJson, takes_only_true_and_false_for_a_bool) {
  EXPECT_EQ(error_of<OneBool>("true"), "");
  for (const char* value : {"1", "\"true\"", "null", "[]"})
    EXPECT_EQ(error_of<OneBool>(value), "x: must be true or false");
}

TEST(ReadJson, takes_only_whole_numbers_in_range_for_an_integer) {
  EXPECT_EQ(read<OneInt>(R"({"x":2147483647})")->x, 2147483647);
  EXPECT_EQ(read<OneInt>(R"({"x":-2147483648})")->x, -2147483648LL);
  EXPECT_EQ(read<OneBig>(R"({"x":-9223372036854775808})")->x, std::numeric_limits<std::int64_t>::min());
  for (const char* value : {"5.0", "5.5", "1e2", "\"5\"", "null", "true", "{}"}) {
    EXPECT_EQ(error_of<OneInt>(value), "x: must be a whole number") << value;
  }
  EXPECT_THAT(error_of<OneInt>("2147483648"), HasSubstr("must be from"));
  EXPECT_THAT(error_of<OneBig>("9223372036854775808"), HasSubstr("must be from"));
  EXPECT_NE(error_of<OneBig>("99999999999999999999999"), "");
}

TEST(ReadJson, takes_any_finite_number_for_a_double_exactly) {
  EXPECT_EQ(read<OneDouble>(R"({"x":3})")->x, 3.0);
  EXPECT_EQ(read<OneDouble>(R"({"x":18446744073709551615})")->x, 18446744073709551615.0);
  EXPECT_EQ(read<OneDouble>(R"({"x":2.2250738585072011e-308})")->x, 2.2250738585072011e-308);
  EXPECT_EQ(read<OneDouble>(R"({"x":9007199254740993.0})")->x, 9007199254740992.0);
  for (const char* value : {"1e999", "\"1\"", "null"}) EXPECT_NE(error_of<OneDouble>(value), "") << value;
}

TEST(ReadJson, takes_ids_as_numbers_and_as_numeric_strings_R_X2) {
  EXPECT_EQ(read<OneId>(R"({"x":12})")->x, SeatId{12});
  EXPECT_EQ(read<OneId>(R"({"x":"12"})")->x, SeatId{12});
  const auto largest = read<OneId>(R"({"x":"9007199254740991"})");  // of a JavaScript client (R-C6)
  ASSERT_TRUE(largest);
  EXPECT_EQ(largest->x, SeatId{kIdMax});
  EXPECT_EQ(error_of<OneId>("9007199254740992"), "x: must be an id: at most 9007199254740991");
  for (const char* value :
       {"0", "-1", "1.0", "\"\"", "\"0\"", "\"-1\"", "\"+1\"", "\" 1\"", "\"1 \"", "\"1.0\"", "\"0x1\"",
        "\"9223372036854775808\"", "9223372036854775808", "null", "true", "[]"}) {
    EXPECT_EQ(error_of<OneId>(value), "x: must be an id: a whole number above 0") << value;
  }
}

TEST(ReadJson, takes_uuids_in_either_case_and_writes_lower_case) {
  const auto user = read<OneUser>(R"({"x":"00112233-4455-6677-8899-AABBCCDDEEFF"})");
  ASSERT_TRUE(user);
  EXPECT_EQ(to_text(*user), R"({"x":"00112233-4455-6677-8899-aabbccddeeff"})");
  for (const char* value : {"1", "\"\"", "\"00112233445566778899aabbccddeeff\"", "null"}) {
    EXPECT_EQ(error_of<OneUser>(value), "x: must be a UUID");
  }
}

TEST(ReadJson, takes_times_of_any_offset_within_the_years_0_to_9999) {
  const auto at = read<OneTime>(R"({"x":"2036-02-01T19:00:00+09:00"})");
  ASSERT_TRUE(at);
  EXPECT_EQ(to_text(*at), R"({"x":"2036-02-01T10:00:00.000Z"})");
  EXPECT_EQ(error_of<OneTime>("\"9999-12-31T23:59:59.999Z\""), "");
  EXPECT_EQ(error_of<OneTime>("\"0000-01-01T00:00:00Z\""), "");
  for (const char* value : {"\"9999-12-31T23:59:59-01:00\"", "\"0000-01-01T00:00:00+01:00\"",
                            "\"2026-02-30T00:00:00Z\"", "\"2026-01-01\"", "1767225600", "null"}) {
    EXPECT_THAT(error_of<OneTime>(value), HasSubstr("must be a time")) << value;
  }
}

TEST(ReadJson, takes_durations_as_text) {
  EXPECT_EQ(read<OneDuration>(R"({"x":"1h30m"})")->x, Millis(5'400'000));
  for (const char* value : {"300", "\"\"", "\"5\"", "\"-5m\"", "null"}) {
    EXPECT_THAT(error_of<OneDuration>(value), HasSubstr("must be a duration")) << value;
  }
}

TEST(ReadJson, takes_whole_won_only) {
  EXPECT_EQ(read<OneWon>(R"({"x":110000})")->x, Won{110000});
  for (const char* value : {"1.5", "\"1\"", "1e3", "null"})
    EXPECT_EQ(error_of<OneWon>(value), "x: must be a whole number");
}

TEST(ReadJson, takes_the_names_of_enumerators_only) {
  EXPECT_EQ(read<OneEnum>(R"({"x":"capacity"})")->x, Admission::capacity);
  for (const char* value : {"\"Capacity\"", "1", "\"\"", "null"}) {
    EXPECT_EQ(error_of<OneEnum>(value), "x: must be one of interval, capacity, both");
  }
}

TEST(ReadJson, takes_absent_and_null_for_an_empty_optional) {
  EXPECT_FALSE(read<OneOptional>("{}")->x);
  EXPECT_FALSE(read<OneOptional>(R"({"x":null})")->x);
  EXPECT_EQ(read<OneOptional>(R"({"x":5})")->x, 5);
  EXPECT_FALSE(read<OneOmitted>("{}")->x);
  EXPECT_FALSE(read<OneOmitted>(R"({"x":null})")->x);
  EXPECT_EQ(*read<OneOmitted>(R"({"x":5})")->x, 5);
  EXPECT_EQ(error_of<OneOmitted>("\"5\""), "x: must be a whole number");
}

TEST(ReadJson, reads_values_that_were_parsed_elsewhere) {
  EXPECT_EQ(read_value<OneInt>(boost::json::parse(R"({"x":3})"))->x, 3);
  const auto refused = read_value<OneInt>(boost::json::parse(R"({"y":3})"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().details.size(), 2u);
  EXPECT_EQ(refused.error().message, "x is required, and 1 more");
}

// R-X3
TEST(ReadJson, keeps_the_first_20_errors_and_counts_the_others) {
  std::string text = R"({"y":1)";
  for (int i = 0; i < 1000; ++i) text += ",\"z" + std::to_string(i) + "\":1";
  const auto refused = read<OneInt>(text + "}");
  ASSERT_FALSE(refused);
  ASSERT_EQ(refused.error().details.size(), 20u);
  EXPECT_EQ(refused.error().details[0].path, "x");
  EXPECT_EQ(refused.error().details[2].path, "z0");
  EXPECT_EQ(refused.error().more_details, 982u);
  EXPECT_EQ(refused.error().message, "x is required, and 1001 more");
}

TEST(ReadJson, cuts_long_paths_between_characters) {
  std::string key = "a";
  for (int i = 0; i < 1000; ++i) key += "é";
  const auto refused = read<OneOptional>("{\"" + key + "\":1}");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().details[0].path, key.substr(0, 199) + "…");
}

struct Shopping {
  static constexpr std::size_t kListMax = 3;
  std::vector<SeatId> seats;
  Omitted<std::vector<std::int64_t>> numbers;
};
BOOST_DESCRIBE_STRUCT(Shopping, (), (seats, numbers))

TEST(ReadJson, does_not_read_a_list_that_is_longer_than_its_struct_allows) {
  EXPECT_EQ(read<Shopping>(R"({"seats":[1,2,3]})")->seats.size(), 3u);
  EXPECT_THAT(
      errors_of<Shopping>(R"({"seats":["a","b","c","d"],"numbers":[1,2,3,4]})"),
      ElementsAre("seats: has too many elements: at most 3", "numbers: has too many elements: at most 3"));
  Components components;
  schema<Shopping>(components);
  const auto& properties = components.all.at("Shopping").at("properties").as_object();
  EXPECT_EQ(properties.at("seats").at("maxItems"), 3);
  EXPECT_EQ(properties.at("numbers").at("maxItems"), 3);
}

TEST(WriteJson, writes_an_empty_optional_as_null_and_leaves_out_an_empty_omitted) {
  EXPECT_EQ(to_text(OneOptional{}), R"({"x":null})");
  EXPECT_EQ(to_text(OneOmitted{}), "{}");
  EXPECT_EQ(to_text(OneOmitted{5}), R"({"x":5})");
  EXPECT_EQ(to_text(Empty{}), "{}");
  EXPECT_EQ(to_text(std::vector<std::int64_t>{}), "[]");
  EXPECT_EQ(to_text(std::map<std::string, Won>{}), "{}");
  EXPECT_EQ(to_text(std::vector<std::vector<std::int64_t>>{{}, {1, 2}}), "[[],[1,2]]");
}

TEST(WriteJson, inserts_rendered_json_and_has_the_schema_of_its_type) {
  const Policy policy;
  const Rendered<Policy> rendered{std::make_shared<const std::string>(to_text(policy))};
  EXPECT_EQ(to_text(std::vector<Rendered<Policy>>{rendered, rendered}),
            to_text(std::vector<Policy>{policy, policy}));
  Components once, again;
  EXPECT_EQ(schema<Rendered<Policy>>(once), schema<Policy>(again));
  EXPECT_EQ(once.schemas(), again.schemas());
}

TEST(WriteJson, escapes_what_json_demands_and_nothing_else) {
  EXPECT_EQ(to_text(OneText{std::string("a\"b\\c\n\r\t\b\f\x01\x1f\0z/é\x7f", 18)}),
            std::string(R"({"x":"a\"b\\c\n\r\t\b\f\u0001\u001f\u0000z/é)") + "\x7f\"}");
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  EXPECT_EQ(read<OneText>(to_text(OneText{all}))->x, all);
}

TEST(WriteJson, writes_doubles_shortest_and_never_nan) {
  EXPECT_EQ(to_text(0.2), "0.2");
  EXPECT_EQ(to_text(5.0), "5");
  EXPECT_EQ(to_text(std::nan("")), "null");
}

TEST(JsonSchema, describes_every_kind_of_member_and_refers_to_structs) {
  Components components;
  EXPECT_EQ(schema<Everything>(components),
            boost::json::parse(R"({"$ref":"#/components/schemas/Everything"})"));
  ASSERT_EQ(components.schemas().size(), 2u);
  EXPECT_EQ(components.schemas().at("Everything"), boost::json::parse(R"({
    "type":"object",
    "properties":{
      "eventId":{"type":"integer","format":"int64","minimum":1,"maximum":9007199254740991},
      "flag":{"type":"boolean"},
      "small":{"type":"integer","format":"int32"},
      "big":{"type":"integer","format":"int64"},
      "place":{"type":"integer","format":"int32","minimum":0},
      "share":{"type":"number","format":"double"},
      "text":{"type":"string"},
      "seatId":{"type":"integer","format":"int64","minimum":1,"maximum":9007199254740991},
      "userId":{"type":"string","format":"uuid"},
      "at":{"type":"string","format":"date-time"},
      "ttl":{"type":"string","pattern":"^([0-9]+(ms|s|m|h|d))+$","examples":["5m"]},
      "price":{"type":"integer","format":"int64"},
      "admission":{"type":"string","enum":["interval","capacity","both"]},
      "note":{"type":["string","null"]},
      "extra":{"type":["integer","null"],"format":"int64"},
      "seatIds":{"type":"array","items":{"type":"integer","format":"int64","minimum":1,"maximum":9007199254740991}},
      "prices":{"type":"object","additionalProperties":{"type":"integer","format":"int64"}},
      "policy":{"$ref":"#/components/schemas/Policy"},
      "maybe":{"anyOf":[{"$ref":"#/components/schemas/Policy"},{"type":"null"}]},
      "policies":{"type":"array","items":{"$ref":"#/components/schemas/Policy"}}},
    "required":["eventId","flag","small","big","place","share","text","seatId","userId","at","ttl","price","admission",
                "seatIds","prices","policy","policies"],
    "additionalProperties":false})"));
  EXPECT_EQ(components.schemas().at("Policy").at("required"),
            boost::json::parse(R"(["hold_ttl","seats_per_user"])"));
}

struct Inner {
  std::int64_t a = 0;
  std::optional<std::int64_t> b;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (a, b))
struct Outer {
  std::string name;
  Omitted<Inner> inner;
  std::vector<Inner> list;
  std::map<std::string, Won> prices;
};
BOOST_DESCRIBE_STRUCT(Outer, (), (name, inner, list, prices))

TEST(JsonSchema, describes_a_merge_patch_in_which_every_member_is_optional) {
  Components components;
  const auto ref = [](const boost::json::value& schema) {
    return std::string(schema.at("$ref").as_string());
  };
  EXPECT_EQ(ref(patch_schema<Outer>(components)), "#/components/schemas/OuterPatch");
  const auto& outer = components.schemas().at("OuterPatch");
  EXPECT_FALSE(outer.as_object().contains("required"));
  const auto& properties = outer.at("properties");
  EXPECT_EQ(properties.at("name").at("type"), "string") << "null cannot remove what a document must have";
  EXPECT_EQ(ref(properties.at("inner").at("anyOf").at(0)), "#/components/schemas/InnerPatch");
  EXPECT_EQ(ref(properties.at("list").at("items")), "#/components/schemas/Inner") << "replaced whole";
  const auto number_or_null = boost::json::parse(R"(["integer","null"])");
  EXPECT_EQ(properties.at("prices").at("additionalProperties").at("type"), number_or_null);
  EXPECT_EQ(components.schemas().at("InnerPatch").at("properties").at("b").at("type"), number_or_null);
}

TEST(PrettyJson, indents_by_two_and_ends_with_a_line_break) {
  EXPECT_EQ(pretty(boost::json::parse(R"({"a":[1,{}],"b":[],"c":"x\n"})")),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": [],\n  \"c\": \"x\\n\"\n}\n");
}

}  // namespace
}  // namespace stagedoor::json
