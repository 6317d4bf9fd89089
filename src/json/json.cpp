#include "json/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_stack.hpp>
#include <cmath>
#include <deque>
#include <functional>

#include "core/hex.h"

namespace stagedoor::json {
namespace bj = boost::json;

void Faults::append_path(std::string& out, const Step* step) {
  if (!step) return;
  append_path(out, step->parent_);
  if (step->index_ != Step::kNoIndex) {
    out += fmt::format("[{}]", step->index_);
  } else {
    if (!out.empty()) out += '.';
    out += step->key_;
  }
}

void Faults::add_at(std::string path, std::string message) {
  faults_.push_back({.path = std::move(path), .message = std::move(message)});
}

void Faults::add_here(std::string message) {
  std::string path;
  append_path(path, here_);
  add_at(std::move(path), std::move(message));
}

void Faults::add(std::string_view field, std::string message) {
  std::string path;
  append_path(path, here_);
  if (!field.empty() && !path.empty()) path += '.';
  path += field;
  const auto begin = faults_.begin() + static_cast<std::ptrdiff_t>(here_ ? here_->faults_before_ : 0);
  if (std::any_of(begin, faults_.end(), [&](const Fault& fault) { return fault.path == path; })) return;
  add_at(std::move(path), std::move(message));
}

std::pair<std::string, bool> Components::name_of(std::string_view full_name) {
  if (const auto known = names_.find(full_name); known != names_.end()) return {known->second, false};
  // "stagedoor::wallet::Body" → "Body", or if that is taken "wallet.Body", and so on outwards.
  std::string name;
  std::string_view rest = full_name;
  do {
    const std::size_t colon = rest.rfind("::");
    std::string part(colon == std::string_view::npos ? rest : rest.substr(colon + 2));
    for (char& c : part) {
      const bool plain =
          (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
      if (!plain) c = '_';
    }
    name = name.empty() ? part : part + "." + name;
    rest = colon == std::string_view::npos ? std::string_view() : rest.substr(0, colon);
  } while (!rest.empty() && schemas_.contains(name));
  names_.emplace(full_name, name);
  schemas_[name] = nullptr;  // taken, also while its members are being described
  return {name, true};
}

namespace {

// Builds the value, notes keys that come twice, and reads numbers exactly.
class Builder {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  Builder(Faults& faults, bj::storage_ptr storage, std::string_view text)
      : faults_(faults), text_(text), stack_({}, space_, sizeof space_) {
    stack_.reset(std::move(storage));
  }
  bj::value release() { return stack_.release(); }

  bool on_document_begin(bj::error_code&) { return true; }
  bool on_document_end(bj::error_code&) { return true; }
  bool on_object_begin(bj::error_code&) {
    begin_value();
    levels_.push_back({.keys_begin = keys_.size(), .index = kObject});
    return true;
  }
  bool on_object_end(std::size_t n, bj::error_code&) {
    note_duplicates();
    keys_.resize(levels_.back().keys_begin);
    levels_.pop_back();
    stack_.push_object(n);
    return true;
  }
  bool on_array_begin(bj::error_code&) {
    begin_value();
    levels_.push_back({.keys_begin = keys_.size(), .index = kBeforeFirst});
    return true;
  }
  bool on_array_end(std::size_t n, bj::error_code&) {
    levels_.pop_back();
    stack_.push_array(n);
    return true;
  }
  bool on_key_part(bj::string_view part, std::size_t, bj::error_code&) {
    key_part_.append(part.data(), part.size());
    stack_.push_chars(part);
    return true;
  }
  bool on_key(bj::string_view rest, std::size_t, bj::error_code&) {
    // A key with escapes comes in pieces, or unescaped in a buffer of the parser.
    const bool stands_in_text =
        !std::less<>{}(rest.data(), text_.data()) && std::less<>{}(rest.data(), text_.data() + text_.size());
    if (key_part_.empty() && stands_in_text) {
      keys_.emplace_back(rest.data(), rest.size());
    } else {
      key_part_.append(rest.data(), rest.size());
      keys_.push_back(unescaped_.emplace_back(std::move(key_part_)));
      key_part_.clear();
    }
    stack_.push_key(rest);
    return true;
  }
  bool on_string_part(bj::string_view part, std::size_t, bj::error_code&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_string(bj::string_view rest, std::size_t, bj::error_code&) {
    begin_value();
    stack_.push_string(rest);
    return true;
  }
  bool on_number_part(bj::string_view, bj::error_code&) { return true; }
  bool on_int64(std::int64_t value, bj::string_view, bj::error_code&) {
    begin_value();
    stack_.push_int64(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, bj::string_view, bj::error_code&) {
    begin_value();
    stack_.push_uint64(value);
    return true;
  }
  bool on_double(double value, bj::string_view literal, bj::error_code&) {
    begin_value();
    // The parser's own conversion may be off by one unit in the last place.
    std::from_chars(literal.data(), literal.data() + literal.size(), value);
    stack_.push_double(value);
    return true;
  }
  bool on_bool(bool value, bj::error_code&) {
    begin_value();
    stack_.push_bool(value);
    return true;
  }
  bool on_null(bj::error_code&) {
    begin_value();
    stack_.push_null();
    return true;
  }
  bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
  bool on_comment(bj::string_view, bj::error_code&) { return true; }

 private:
  static constexpr std::size_t kObject = static_cast<std::size_t>(-2);
  static constexpr std::size_t kBeforeFirst = static_cast<std::size_t>(-1);
  struct Level {
    std::size_t keys_begin;
    std::size_t index;  // of the element being read, or kObject
  };

  void begin_value() {
    if (!levels_.empty() && levels_.back().index != kObject) ++levels_.back().index;
  }

  void note_duplicates() {
    const auto begin = keys_.begin() + static_cast<std::ptrdiff_t>(levels_.back().keys_begin);
    std::sort(begin, keys_.end());
    for (auto at = std::adjacent_find(begin, keys_.end()); at != keys_.end();
         at = std::adjacent_find(at, keys_.end())) {
      faults_.add_at(path_to(*at), "appears more than once");
      const std::string_view key = *at;
      while (at != keys_.end() && *at == key) ++at;
    }
  }

  std::string path_to(std::string_view key) const {
    std::string path;
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      if (levels_[i].index != kObject) {
        path += fmt::format("[{}]", levels_[i].index);
        continue;
      }
      // The key being read in an outer object is the last one noted before the next level began.
      if (!path.empty()) path += '.';
      path += i + 1 < levels_.size() ? keys_[levels_[i + 1].keys_begin - 1] : key;
    }
    return path;
  }

  Faults& faults_;
  std::string_view text_;
  unsigned char space_[1024];
  bj::value_stack stack_;
  std::vector<Level> levels_;
  std::vector<std::string_view> keys_;  // of the objects being read, innermost last
  std::string key_part_;
  std::deque<std::string> unescaped_;
};

constexpr TimePoint kFirstTime = from_ms(-62'167'219'200'000);  // 0000-01-01
constexpr TimePoint kLastTime = from_ms(253'402'300'799'999);   // 9999-12-31T23:59:59.999

std::optional<std::string_view> text_of(const bj::value& in) {
  if (const auto* text = in.if_string()) return std::string_view(text->data(), text->size());
  return std::nullopt;
}

}  // namespace

std::optional<bj::value> parse(std::string_view text, Faults& faults, bj::storage_ptr storage) {
  bj::parse_options options;
  options.max_depth = kDepthMax;
  bj::basic_parser<Builder> parser(options, faults, std::move(storage), text);
  bj::error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && read < text.size()) error = bj::error::extra_data;
  if (!error) return parser.handler().release();
  if (error == bj::error::too_deep) {
    faults.add_at("", fmt::format("is nested deeper than {} levels", kDepthMax));
  } else {
    const std::string_view before = text.substr(0, read);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t column = read - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0
    faults.add_at("", fmt::format("is not JSON: {} at line {}, column {}", error.message(), line, column));
  }
  return std::nullopt;
}

Failure invalid(Faults& faults) {
  Failure failure{.code = Code::INVALID_REQUEST, .details = faults.take()};
  const Fault& first = failure.details.front();
  failure.message = first.path.empty() ? "The body " + first.message : first.path + " " + first.message;
  if (failure.details.size() > 1) failure.message += fmt::format(", and {} more", failure.details.size() - 1);
  return failure;
}

void write_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;  // where the bytes not yet copied begin
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') [[likely]]
      continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    constexpr std::string_view kShort = "\"\"\\\\\bb\ff\nn\rr\tt";
    std::size_t pair = 0;
    while (pair < kShort.size() && kShort[pair] != text[i]) pair += 2;
    if (pair < kShort.size()) {
      out += '\\';
      out += kShort[pair + 1];
    } else {
      out += "\\u00";
      out += kHexDigits[c >> 4];
      out += kHexDigits[c & 15];
    }
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

namespace {

void append_pretty(std::string& out, const bj::value& value, std::size_t indent) {
  const auto line = [&](std::size_t depth) { out.append(1, '\n').append(depth * 2, ' '); };
  if (const auto* object = value.if_object(); object && !object->empty()) {
    out += '{';
    for (const auto& member : *object) {
      line(indent + 1);
      write_string(out, {member.key().data(), member.key().size()});
      out += ": ";
      append_pretty(out, member.value(), indent + 1);
      out += ',';
    }
    out.pop_back();
    line(indent);
    out += '}';
  } else if (const auto* array = value.if_array(); array && !array->empty()) {
    out += '[';
    for (const auto& element : *array) {
      line(indent + 1);
      append_pretty(out, element, indent + 1);
      out += ',';
    }
    out.pop_back();
    line(indent);
    out += ']';
  } else if (const auto text = text_of(value)) {
    write_string(out, *text);
  } else {
    out += bj::serialize(value);
  }
}

}  // namespace

std::string pretty(const bj::value& value) {
  std::string out;
  append_pretty(out, value, 0);
  out += '\n';
  return out;
}

namespace detail {

void read_bool(const bj::value& in, bool& out, Faults& faults) {
  if (const bool* value = in.if_bool()) out = *value;
  else faults.add_here("must be true or false");
}

void read_integer(const bj::value& in, std::int64_t& out, std::int64_t min, std::int64_t max,
                  Faults& faults) {
  const auto* value = in.if_int64();
  if (value && *value >= min && *value <= max) {
    out = *value;
  } else if (value || in.is_uint64()) {
    faults.add_here(fmt::format("must be from {} to {}", min, max));
  } else {
    faults.add_here("must be a whole number");
  }
}

void read_double(const bj::value& in, double& out, Faults& faults) {
  const double value = in.is_double()   ? in.get_double()
                       : in.is_int64()  ? static_cast<double>(in.get_int64())
                       : in.is_uint64() ? static_cast<double>(in.get_uint64())
                                        : NAN;
  if (std::isfinite(value)) out = value;
  else faults.add_here("must be a number");
}

void read_string(const bj::value& in, std::string& out, Faults& faults) {
  if (const auto text = text_of(in)) out = *text;
  else faults.add_here("must be a text");
}

void read_id(const bj::value& in, std::int64_t& out, Faults& faults) {
  std::int64_t id = in.is_int64() ? in.get_int64() : 0;
  if (const auto text = text_of(in); text && !text->empty() && text->front() != '-') {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), id);
    if (error != std::errc{} || end != text->data() + text->size()) id = 0;
  }
  if (id > 0) out = id;
  else faults.add_here("must be an id: a whole number above 0");
}

void read_uuid(const bj::value& in, Uuid& out, Faults& faults) {
  const auto text = text_of(in);
  const auto uuid = text ? parse_uuid(*text) : std::nullopt;
  if (uuid) out = *uuid;
  else faults.add_here("must be a UUID");
}

void read_time(const bj::value& in, TimePoint& out, Faults& faults) {
  const auto text = text_of(in);
  const auto at = text ? parse_rfc3339(*text) : std::nullopt;
  if (at && *at >= kFirstTime && *at <= kLastTime) out = *at;
  else faults.add_here("must be a time in RFC 3339, such as 2026-01-01T00:00:00Z");
}

void read_duration(const bj::value& in, Millis& out, Faults& faults) {
  const auto text = text_of(in);
  const auto duration = text ? parse_duration(*text) : std::nullopt;
  if (duration) out = *duration;
  else faults.add_here("must be a duration, such as 5m, 30s or 250ms");
}

void write_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  char digits[32];
  out.append(digits,
             static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, value).ptr - digits));
}

bj::value named(std::string_view type, std::string_view format) {
  bj::object schema{{"type", bj::string_view(type.data(), type.size())}};
  if (!format.empty()) schema["format"] = bj::string_view(format.data(), format.size());
  return schema;
}

bj::value or_null(bj::value schema) {
  auto& object = schema.as_object();
  if (auto* type = object.if_contains("type"); type && type->is_string()) {
    *type = bj::array{*type, "null"};
    if (auto* values = object.if_contains("enum")) values->as_array().emplace_back(nullptr);
    return schema;
  }
  return {{"anyOf", {std::move(schema), {{"type", "null"}}}}};
}

}  // namespace detail
}  // namespace stagedoor::json
