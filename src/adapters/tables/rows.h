// Described rows as columns of queries under sql/. A column has the name of its member, plus `_id` if the
// member is an id or a user of another row (`event` is in event_id). The queries name the columns in the
// order of the description.
#pragma once

#include <algorithm>
#include <array>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <string_view>
#include <type_traits>

#include "adapters/tables/policy_json.h"
#include "core/ids.h"
#include "core/uuid.h"

namespace stagedoor::tables {

template <class Row>
using ColumnsOf = boost::describe::describe_members<Row, boost::describe::mod_public>;

// The columns of one row, read from the left by >>.
template <class T>
concept RowColumns = requires {
  typename T::reads_a_row;
};
template <class Row>
concept DescribedRow = boost::describe::has_describe_members<Row>::value && !std::is_union_v<Row>;

template <RowColumns Columns>
Columns& operator>>(Columns& columns, std::vector<DrawMove>& moves) {
  std::string text;
  columns >> text;
  read_json_text(text, moves);
  return columns;
}

template <RowColumns Columns, DescribedRow Row>
Columns& operator>>(Columns& columns, Row& row) {
  boost::mp11::mp_for_each<ColumnsOf<Row>>([&](auto member) { columns >> row.*member.pointer; });
  return columns;
}

namespace detail {

template <class T>
inline constexpr bool kIsReference = std::is_same_v<T, Uuid>;
template <class Tag>
inline constexpr bool kIsReference<Id<Tag>> = true;

template <class Row, class Member>
constexpr auto parameter_text() {
  using Type = std::remove_cvref_t<decltype(std::declval<Row>().*Member::pointer)>;
  constexpr std::string_view name = Member::name;
  constexpr std::string_view suffix = kIsReference<Type> && name != "id" ? "_id" : "";
  std::array<char, 1 + name.size() + suffix.size() + 1> text{};
  text[0] = '$';
  std::copy(suffix.begin(), suffix.end(), std::copy(name.begin(), name.end(), text.begin() + 1));
  return text;
}
template <class Row, class Member>
inline constexpr auto kParameterText = parameter_text<Row, Member>();

}  // namespace detail

// The parameters of a statement that inserts rows of this kind: for each column its name ("$event_id") and
// value_of(pointer to the member). The names have static lifetime.
template <class Param, DescribedRow Row, class ValueOf>
auto parameters(const ValueOf& value_of) {
  return [&]<template <class...> class List, class... Members>(List<Members...>) {
    return std::array<Param, sizeof...(Members)>{
        Param{detail::kParameterText<Row, Members>.data(), value_of(Members::pointer)}...};
  }(ColumnsOf<Row>{});
}

}  // namespace stagedoor::tables
