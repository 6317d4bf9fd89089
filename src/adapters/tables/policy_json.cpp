#include "adapters/tables/policy_json.h"

#include <boost/describe/enum_from_string.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <boost/describe/members.hpp>
#include <boost/json.hpp>
#include <boost/mp11/algorithm.hpp>
#include <stdexcept>
#include <type_traits>

namespace stagedoor::tables {
namespace {

namespace json = boost::json;
template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_any_access>;

json::value write(Millis value) { return value.count(); }
json::value write(TimePoint value) { return to_ms(value); }
json::value write(Point value) { return json::array{value.x, value.y}; }
template <class T>
json::value write(const std::optional<T>& value) {
  return value ? write(*value) : json::value(nullptr);
}
template <class T>
json::value write(const T& value) {
  if constexpr (std::is_enum_v<T>) return boost::describe::enum_to_string(value, "");
  else return json::value(value);
}

void read(const json::value& from, Millis& value) { value = Millis(from.as_int64()); }
void read(const json::value& from, TimePoint& value) { value = from_ms(from.as_int64()); }
void read(const json::value& from, Point& value) {
  const auto& both = from.as_array();
  value = {both.at(0).to_number<double>(), both.at(1).to_number<double>()};
}
void read(const json::value& from, std::string& value) { value = from.as_string().c_str(); }
template <class T>
void read(const json::value& from, std::optional<T>& value) {
  if (from.is_null()) value.reset();
  else read(from, value.emplace());
}
template <class T>
void read(const json::value& from, T& value) {
  if constexpr (std::is_enum_v<T>) {
    if (!boost::describe::enum_from_string(from.as_string().c_str(), value))
      throw std::runtime_error("the stored catalogue has an unknown value: " + json::serialize(from));
  } else {
    value = json::value_to<T>(from);
  }
}

template <class T>
json::object write_struct(const T& value) {
  json::object object;
  boost::mp11::mp_for_each<Members<T>>(
      [&](auto member) { object[member.name] = write(value.*member.pointer); });
  return object;
}

template <class T>
void read_struct(const json::object& object, T& value) {
  boost::mp11::mp_for_each<Members<T>>([&](auto member) {
    if (const auto* field = object.if_contains(member.name)) read(*field, value.*member.pointer);
  });
}

}  // namespace

std::string to_json_text(const QueuePolicy& policy) { return json::serialize(write_struct(policy)); }
std::string to_json_text(const SalePolicy& policy) { return json::serialize(write_struct(policy)); }
std::string to_json_text(const Layout& layout) {
  json::array sections;
  for (const auto& section : layout.sections) sections.push_back(write_struct(section));
  return json::serialize(json::object{
      {"seats", layout.seats}, {"category", layout.category}, {"sections", std::move(sections)}});
}

std::string to_json_text(const std::vector<DrawMove>& moves) {
  json::array all;
  for (const auto& move : moves) all.push_back(write_struct(move));
  return json::serialize(all);
}

void read_json_text(std::string_view text, QueuePolicy& policy) {
  read_struct(json::parse(text).as_object(), policy);
}
void read_json_text(std::string_view text, SalePolicy& policy) {
  read_struct(json::parse(text).as_object(), policy);
}
void read_json_text(std::string_view text, Layout& layout) {
  const json::object object = json::parse(text).as_object();
  read(object.at("seats"), layout.seats);
  read(object.at("category"), layout.category);
  for (const auto& section : object.at("sections").as_array())
    read_struct(section.as_object(), layout.sections.emplace_back());
}
void read_json_text(std::string_view text, std::vector<DrawMove>& moves) {
  const json::value all = json::parse(text);
  for (const auto& move : all.as_array()) read_struct(move.as_object(), moves.emplace_back());
}

}  // namespace stagedoor::tables
