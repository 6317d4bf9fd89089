// JSON in and out of described structs (Boost.Describe): one struct gives the reader, the writer and the
// OpenAPI schema, so the three cannot disagree. Member names are the JSON names. What a member may be:
//
//   bool, integers, double, std::string     as in JSON; 5.0 is not an integer
//   Id<Tag>                                 positive; number or numeric string in, number out (R-X2)
//   Uuid, TimePoint, Millis, Won            UUID text, RFC 3339, "5m", whole number
//   described enum                          the enumerator's name
//   std::optional<T>                        absent or null when empty; written as null
//   json::Omitted<T>                        the same when read; left out when written empty
//   json::Raw                               JSON that is there already; written only
//   json::Rendered<T>                       a T's JSON that is there already, shared by many; written only
//   std::vector<T>, std::map<std::string, T>, described structs (also with described bases)
//
// A struct may add checks of its own by a function beside it:
//   void check(const ChargeBody& body, json::Faults& faults) { if (body.amount < 1) faults.add("amount",
//   "must be …"); }
// It runs also when members were faulty; a member that has a fault already keeps that one.
#pragma once

#include <array>
#include <boost/describe/bases.hpp>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>
#include <charconv>
#include <concepts>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/failure.h"
#include "core/ids.h"
#include "core/money.h"
#include "core/time.h"
#include "core/uuid.h"

namespace stagedoor::json {

inline constexpr std::size_t kDepthMax = 32;

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

// What is wrong with a document, each fault with its path. Collects; never throws.
class Faults {
 public:
  // A fault of the member `field` of the struct that is being checked ("" for the struct itself). Ignored
  // when that member has a fault already.
  void add(std::string_view field, std::string message);

  bool empty() const { return faults_.empty(); }
  std::vector<Fault> take() { return std::move(faults_); }

  // For the reader: faults found while a Step lives are below its member or element.
  class Step {
   public:
    Step(Faults& faults, std::string_view key) : Step(faults, key, kNoIndex) {}
    Step(Faults& faults, std::size_t index) : Step(faults, {}, index) {}
    ~Step() { faults_.here_ = parent_; }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    friend class Faults;
    static constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);
    Step(Faults& faults, std::string_view key, std::size_t index)
        : faults_(faults),
          parent_(faults.here_),
          key_(key),
          index_(index),
          faults_before_(faults.faults_.size()) {
      faults.here_ = this;
    }

    Faults& faults_;
    const Step* parent_;
    std::string_view key_;
    std::size_t index_;
    std::size_t faults_before_;
  };
  void add_here(std::string message);
  void add_at(std::string path, std::string message);

 private:
  static void append_path(std::string& out, const Step* step);

  const Step* here_ = nullptr;
  std::vector<Fault> faults_;
};

// The named schemas of an OpenAPI document: one for each described struct, made once.
class Components {
 public:
  // `{"$ref": "#/components/schemas/NAME"}` of the type whose full name is given. `make` builds the schema
  // and is called only the first time. Two types of one short name: the later one gets its namespace in
  // front.
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

// The value of a JSON text, or nothing when it is not well-formed. Duplicate keys are faults, but do not stop
// the parse. The value lives in `storage`.
std::optional<boost::json::value> parse(std::string_view text, Faults& faults,
                                        boost::json::storage_ptr storage = {});

// INVALID_REQUEST with all the faults.
Failure invalid(Faults& faults);

// Indented by two spaces, one member a line, for documents that people read and compare.
std::string pretty(const boost::json::value& value);

void write_string(std::string& out, std::string_view text);

namespace detail {

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

// The type's full name as the compiler spells it.
template <class T>
constexpr std::string_view full_name() {
  constexpr std::string_view pretty_name = __PRETTY_FUNCTION__;  // "… [with T = a::B; std::string_view = …]"
  constexpr std::size_t begin = pretty_name.find("T = ") + 4;
  constexpr std::size_t end = pretty_name.find_first_of(";]", begin);
  return pretty_name.substr(begin, end - begin);
}

// `,"name":` of a described member, made by the compiler.
template <class Member>
inline constexpr auto kKey = [] {
  constexpr std::string_view name = Member::name;
  std::array<char, name.size() + 4> key{};
  auto* at = key.data();
  *at++ = ',';
  *at++ = '"';
  for (const char c : name) *at++ = c;
  *at++ = '"';
  *at = ':';
  return key;
}();

void read_bool(const boost::json::value& in, bool& out, Faults& faults);
void read_integer(const boost::json::value& in, std::int64_t& out, std::int64_t min, std::int64_t max,
                  Faults& faults);
void read_double(const boost::json::value& in, double& out, Faults& faults);
void read_string(const boost::json::value& in, std::string& out, Faults& faults);
void read_id(const boost::json::value& in, std::int64_t& out, Faults& faults);
void read_uuid(const boost::json::value& in, Uuid& out, Faults& faults);
void read_time(const boost::json::value& in, TimePoint& out, Faults& faults);
void read_duration(const boost::json::value& in, Millis& out, Faults& faults);
void write_double(std::string& out, double value);
boost::json::value named(std::string_view type, std::string_view format);
boost::json::value or_null(boost::json::value schema);

template <class T>
void read_into(const boost::json::value& in, T& out, Faults& faults);

template <DescribedEnum T>
void read_enum(const boost::json::value& in, T& out, Faults& faults) {
  using All = boost::describe::describe_enumerators<T>;
  bool found = false;
  if (const auto* text = in.if_string()) {
    boost::mp11::mp_for_each<All>([&](auto d) {
      if (!found && std::string_view(text->data(), text->size()) == d.name) found = true, out = d.value;
    });
  }
  if (found) return;
  std::string message = "must be one of";
  const char* separator = " ";
  boost::mp11::mp_for_each<All>([&](auto d) { message.append(separator).append(d.name), separator = ", "; });
  faults.add_here(std::move(message));
}

template <DescribedStruct T>
void read_struct(const boost::json::value& in, T& out, Faults& faults) {
  const auto* object = in.if_object();
  if (!object) return faults.add_here("must be an object");
  std::size_t known = 0;
  boost::mp11::mp_for_each<Members<T>>([&](auto d) {
    auto& member = out.*d.pointer;
    const Faults::Step step(faults, d.name);
    if (const auto* value = object->if_contains(d.name)) {
      ++known;
      read_into(*value, member, faults);
    } else if constexpr (!is_optional<std::remove_reference_t<decltype(member)>>) {
      faults.add_here("is required");
    }
  });
  if (known != object->size()) {
    for (const auto& member : *object) {
      const std::string_view key(member.key().data(), member.key().size());
      bool is_known = false;
      boost::mp11::mp_for_each<Members<T>>([&](auto d) { is_known = is_known || key == d.name; });
      const Faults::Step step(faults, key);
      if (!is_known) faults.add_here("is not a known field");
    }
  }
  if constexpr (requires { check(std::as_const(out), faults); }) check(std::as_const(out), faults);
}

template <class T>
void read_into(const boost::json::value& in, T& out, Faults& faults) {
  if constexpr (std::same_as<T, bool>) {
    read_bool(in, out, faults);
  } else if constexpr (Integer<T>) {
    static_assert(sizeof(T) < 8 || std::signed_integral<T>,
                  "no unsigned 64-bit members: JSON readers cannot hold them");
    std::int64_t wide = out;
    read_integer(in, wide, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), faults);
    out = static_cast<T>(wide);
  } else if constexpr (std::same_as<T, double>) {
    read_double(in, out, faults);
  } else if constexpr (std::same_as<T, std::string>) {
    read_string(in, out, faults);
  } else if constexpr (is_id<T>) {
    read_id(in, out.value, faults);
  } else if constexpr (std::same_as<T, Uuid>) {
    read_uuid(in, out, faults);
  } else if constexpr (std::same_as<T, TimePoint>) {
    read_time(in, out, faults);
  } else if constexpr (std::same_as<T, Millis>) {
    read_duration(in, out, faults);
  } else if constexpr (std::same_as<T, Won>) {
    read_into(in, out.amount, faults);
  } else if constexpr (DescribedEnum<T>) {
    read_enum(in, out, faults);
  } else if constexpr (is_optional<T>) {
    if (!in.is_null()) read_into(in, out.emplace(), faults);
  } else if constexpr (is_a<T, std::vector>) {
    const auto* array = in.if_array();
    if (!array) return faults.add_here("must be an array");
    out.reserve(array->size());
    for (const auto& element : *array) {
      const Faults::Step step(faults, out.size());
      typename T::value_type value{};
      read_into(element, value, faults);
      out.push_back(std::move(value));
    }
  } else if constexpr (is_a<T, std::map>) {
    const auto* object = in.if_object();
    if (!object) return faults.add_here("must be an object");
    for (const auto& member : *object) {
      const std::string_view key(member.key().data(), member.key().size());
      const Faults::Step step(faults, key);
      read_into(member.value(), out[std::string(key)], faults);
    }
  } else if constexpr (DescribedStruct<T>) {
    read_struct(in, out, faults);
  } else {
    static_assert(unsupported<T>, "this type has no JSON form");
  }
}

}  // namespace detail

// Reads a value that is parsed already; INVALID_REQUEST with every fault in it.
template <class T>
Result<T> read_value(const boost::json::value& value) {
  Faults faults;
  T out{};
  detail::read_into(value, out, faults);
  if (!faults.empty()) return invalid(faults);
  return out;
}

// Reads a text; INVALID_REQUEST with every fault in it, or with the place where it stops being JSON.
template <class T>
Result<T> read(std::string_view text) {
  unsigned char space[2048];  // enough for the usual body, so that parsing it allocates nothing
  boost::json::monotonic_resource storage(space, sizeof space);
  Faults faults;
  T out{};
  if (const auto value = parse(text, faults, &storage)) detail::read_into(*value, out, faults);
  if (!faults.empty()) return invalid(faults);
  return out;
}

// Appends the value's JSON. Allocates nothing but `out`'s growth.
template <class T>
void write(std::string& out, const T& value) {
  using namespace detail;
  if constexpr (std::same_as<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (Integer<T>) {
    char digits[24];
    out.append(digits,
               static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, value).ptr - digits));
  } else if constexpr (std::same_as<T, double>) {
    write_double(out, value);
  } else if constexpr (std::same_as<T, std::string> || std::same_as<T, std::string_view>) {
    write_string(out, value);
  } else if constexpr (is_id<T>) {
    write(out, value.value);
  } else if constexpr (std::same_as<T, Uuid>) {
    out += '"';
    append_uuid(out, value);
    out += '"';
  } else if constexpr (std::same_as<T, TimePoint>) {
    out += '"';
    append_rfc3339(out, value);
    out += '"';
  } else if constexpr (std::same_as<T, Millis>) {
    out += '"';
    out += format_duration(value);
    out += '"';
  } else if constexpr (std::same_as<T, Won>) {
    write(out, value.amount);
  } else if constexpr (std::same_as<T, Raw>) {
    out += value.text;
  } else if constexpr (is_a<T, Rendered>) {
    out += *value.text;
  } else if constexpr (DescribedEnum<T>) {
    const char* name = "";
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto d) {
      if (d.value == value) name = d.name;
    });
    out.append(1, '"').append(name) += '"';
  } else if constexpr (is_optional<T>) {
    if (value) write(out, *value);
    else out += "null";
  } else if constexpr (is_a<T, std::vector>) {
    out += '[';
    for (const auto& element : value) {
      write(out, element);
      out += ',';
    }
    if (out.back() == ',') out.back() = ']';
    else out += ']';
  } else if constexpr (is_a<T, std::map>) {
    out += '{';
    for (const auto& [key, element] : value) {
      write_string(out, key);
      out += ':';
      write(out, element);
      out += ',';
    }
    if (out.back() == ',') out.back() = '}';
    else out += '}';
  } else if constexpr (DescribedStruct<T>) {
    const std::size_t begin = out.size();  // the first member's comma becomes the brace
    boost::mp11::mp_for_each<Members<T>>([&](auto d) {
      const auto& member = value.*d.pointer;
      if constexpr (is_a<std::remove_cvref_t<decltype(member)>, Omitted>) {
        if (!member) return;
      }
      constexpr auto& key = kKey<decltype(d)>;
      out.append(key.data(), key.size());
      write(out, member);
    });
    if (out.size() == begin) out += '{';
    out[begin] = '{';
    out += '}';
  } else {
    static_assert(unsupported<T>, "this type has no JSON form");
  }
}

template <class T>
std::string to_text(const T& value) {
  std::string out;
  write(out, value);
  return out;
}

// The type's JSON Schema (2020-12). Described structs become references into `components`.
template <class T>
boost::json::value schema(Components& components) {
  using namespace detail;
  if constexpr (std::same_as<T, bool>) {
    return named("boolean", "");
  } else if constexpr (Integer<T>) {
    boost::json::value integer = named("integer", sizeof(T) < 8 ? "int32" : "int64");
    if constexpr (std::unsigned_integral<T>) integer.as_object()["minimum"] = 0;
    return integer;
  } else if constexpr (std::same_as<T, double>) {
    return named("number", "double");
  } else if constexpr (std::same_as<T, std::string> || std::same_as<T, std::string_view>) {
    return named("string", "");
  } else if constexpr (is_id<T>) {
    boost::json::value id = named("integer", "int64");
    id.as_object()["minimum"] = 1;
    return id;
  } else if constexpr (std::same_as<T, Uuid>) {
    return named("string", "uuid");
  } else if constexpr (std::same_as<T, TimePoint>) {
    return named("string", "date-time");
  } else if constexpr (std::same_as<T, Millis>) {
    return {{"type", "string"}, {"pattern", "^([0-9]+(ms|s|m|h|d))+$"}};
  } else if constexpr (std::same_as<T, Won>) {
    return named("integer", "int64");
  } else if constexpr (std::same_as<T, Raw>) {
    return boost::json::object();
  } else if constexpr (is_a<T, Rendered>) {
    return []<class Of>(const Rendered<Of>*, Components& all) { return schema<Of>(all); }(
               static_cast<const T*>(nullptr), components);
  } else if constexpr (DescribedEnum<T>) {
    boost::json::array names;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>(
        [&](auto d) { names.emplace_back(d.name); });
    return {{"type", "string"}, {"enum", std::move(names)}};
  } else if constexpr (is_optional<T>) {
    return or_null(schema<typename T::value_type>(components));
  } else if constexpr (is_a<T, std::vector>) {
    return {{"type", "array"}, {"items", schema<typename T::value_type>(components)}};
  } else if constexpr (is_a<T, std::map>) {
    return {{"type", "object"}, {"additionalProperties", schema<typename T::mapped_type>(components)}};
  } else if constexpr (DescribedStruct<T>) {
    return components.ref(full_name<T>(), [&] {
      boost::json::object properties;
      boost::json::array required;
      boost::mp11::mp_for_each<Members<T>>([&](auto d) {
        using Member = std::remove_cvref_t<decltype(std::declval<T&>().*d.pointer)>;
        properties[d.name] = schema<Member>(components);
        if constexpr (!is_optional<Member>) required.emplace_back(d.name);
      });
      boost::json::object object{{"type", "object"}, {"properties", std::move(properties)}};
      if (!required.empty()) object["required"] = std::move(required);
      object["additionalProperties"] = false;
      return boost::json::value(std::move(object));
    });
  } else {
    static_assert(unsupported<T>, "this type has no JSON form");
  }
}

}  // namespace stagedoor::json
