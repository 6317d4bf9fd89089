#include "json/parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace stagedoor::json {
namespace bj = boost::json;

namespace {

// Builds the value, records duplicate keys, and reads numbers exactly.
class Builder {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  Builder(FieldErrors& errors, bj::storage_ptr storage, std::string_view text)
      : errors_(errors), text_(text), stack_({}, space_, sizeof space_) {
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
      errors_.add_at(path_to(*at), "appears more than once");
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
      // The current key of an outer object is the last one recorded before the next level began.
      if (!path.empty()) path += '.';
      path += i + 1 < levels_.size() ? keys_[levels_[i + 1].keys_begin - 1] : key;
    }
    return path;
  }

  FieldErrors& errors_;
  std::string_view text_;
  unsigned char space_[1024];
  bj::value_stack stack_;
  std::vector<Level> levels_;
  std::vector<std::string_view> keys_;  // of the objects being read, innermost last
  std::string key_part_;
  std::deque<std::string> unescaped_;
};

}  // namespace

std::optional<bj::value> parse(std::string_view text, FieldErrors& errors, bj::storage_ptr storage) {
  bj::parse_options options;
  options.max_depth = kDepthMax;
  bj::basic_parser<Builder> parser(options, errors, std::move(storage), text);
  bj::error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && read < text.size()) error = bj::error::extra_data;
  if (!error) return parser.handler().release();
  if (error == bj::error::too_deep) {
    errors.add_at("", fmt::format("is nested deeper than {} levels", kDepthMax));
  } else {
    const std::string_view before = text.substr(0, read);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t column = read - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0
    errors.add_at("", fmt::format("is not JSON: {} at line {}, column {}", error.message(), line, column));
  }
  return std::nullopt;
}

}  // namespace stagedoor::json
