// Type traits of members, for read.h, write.h and schema.h.
#pragma once

#include <boost/describe/bases.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>
#include <concepts>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/ids.h"
#include "core/money.h"
#include "core/time.h"
#include "core/uuid.h"
#include "json/types.h"

namespace stagedoor::json::detail {

template <class T>
concept DescribedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;
template <class T>
concept DescribedStruct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;

template <class T, template <class...> class Template>
inline constexpr bool is_a = false;
template <template <class...> class Template, class... Args>
inline constexpr bool is_a<Template<Args...>, Template> = true;

template <class T>
inline constexpr bool is_id = false;
template <class Tag>
inline constexpr bool is_id<Id<Tag>> = true;

template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;
template <class T>
inline constexpr bool is_optional = is_a<T, std::optional> || is_a<T, Omitted>;
template <class T>
inline constexpr bool unsupported = false;

template <class T>
using Members =
    boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

inline constexpr std::size_t kAnyLength = static_cast<std::size_t>(-1);

// The elements that a list of the struct T may have.
template <class T>
constexpr std::size_t list_max_of() {
  if constexpr (requires { T::kListMax; }) return T::kListMax;
  else return kAnyLength;
}

}  // namespace stagedoor::json::detail
