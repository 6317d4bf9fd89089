#include "modules/catalogue/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <sstream>

#include "core/parse_number.h"
#include "json/parse.h"

namespace stagedoor::catalogue {
namespace bj = boost::json;
namespace {

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  return parse_number<Number>(text);
}

bj::value plain_scalar(const std::string& text) {
  if (text.empty() || text == "~" || text == "null") return nullptr;
  if (text == "true" || text == "false") return text == "true";
  if (const auto whole = number_of<std::int64_t>(text)) return *whole;
  const bool may_be_number = text.find_first_not_of("+-.0123456789eE") == text.npos;
  if (const auto real = may_be_number ? number_of<double>(text) : std::nullopt) return *real;
  return bj::value(text);
}

// An event handler that ignores the document.
class Listener final : public YAML::EventHandler {
  using Mark = YAML::Mark;
  using Style = YAML::EmitterStyle::value;
  using Text = std::string;
  void OnDocumentStart(const Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const Mark&, YAML::anchor_t) override {}
  void OnAlias(const Mark&, YAML::anchor_t) override {}
  void OnScalar(const Mark&, const Text&, YAML::anchor_t, const Text&) override {}
  void OnSequenceStart(const Mark&, const Text&, YAML::anchor_t, Style) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const Mark&, const Text&, YAML::anchor_t, Style) override {}
  void OnMapEnd() override {}
};

// The number of documents: 0, 1, or 2 for more. (YAML::LoadAll never returns for some texts, which the parser
// reads as endlessly many documents.)
int count_documents(std::string_view text) {
  std::istringstream in{std::string(text)};
  YAML::Parser parser(in);
  Listener listener;
  int count = 0;
  while (count < 2 && parser.HandleNextDocument(listener)) ++count;
  return count;
}

// The YAML parser takes any bytes, and writes some escapes ("\N") as bytes that are not UTF-8.
bool is_utf8(const std::string& text) {
  boost::system::error_code error;
  bj::parse(bj::serialize(bj::string(text)), error);
  return !error;
}

}  // namespace

// Walks the parsed nodes. `*alias` is followed, so a small text could name a huge document: a document is
// refused if it has many more parts than the text could contain without aliases.
class YamlText::Reader {
 public:
  Reader(YamlText& out, json::FieldErrors& errors, std::size_t text_size)
      : out_(out), errors_(errors), nodes_left_(4 * text_size + 1000) {}

  bj::value read(const YAML::Node& node, const std::string& path) {
    out_.lines_.try_emplace(path, node.Mark().line + 1);
    if (nodes_left_ == 0) return nullptr;
    if (--nodes_left_ == 0) errors_.add_at("", "uses aliases to become very large; write it out");
    if (node.IsSequence()) {
      bj::array array;
      for (const auto& element : node)
        array.push_back(read(element, fmt::format("{}[{}]", path, array.size())));
      return array;
    }
    if (node.IsMap()) return read_map(node, path);
    if (!node.IsScalar()) return nullptr;
    if (!is_utf8(node.Scalar())) {
      errors_.add_at(path, "is not UTF-8");
      return nullptr;
    }
    const bool is_text = node.Tag() == "!" || node.Tag() == "tag:yaml.org,2002:str";
    return is_text ? bj::value(node.Scalar()) : plain_scalar(node.Scalar());
  }

 private:
  bj::value read_map(const YAML::Node& node, const std::string& path) {
    bj::object object;
    for (const auto& member : node) {
      const bool is_key = member.first.IsScalar() && is_utf8(member.first.Scalar());
      const std::string key = is_key ? member.first.Scalar() : "?";
      const std::string below = path.empty() ? key : path + "." + key;
      out_.lines_.try_emplace(below, member.first.Mark().line + 1);
      if (object.contains(key))
        errors_.add_at(below,
                       fmt::format("appears more than once, again in line {}", member.first.Mark().line + 1));
      object[key] = read(member.second, below);
    }
    return object;
  }

  YamlText& out_;
  json::FieldErrors& errors_;
  std::size_t nodes_left_;
};

YamlText::YamlText(std::string_view text, json::FieldErrors& errors) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != text.npos && text[first] == '{') {
    json::FieldErrors json_errors;
    value_ = json::parse(text, json_errors);
    if (value_) {
      for (auto& error : json_errors.take()) errors.add_at(std::move(error.path), std::move(error.message));
    }
  }
  const bool is_json = value_.has_value();
  try {
    if (const int documents = count_documents(text); documents != 1) {
      errors.add_at("", documents == 0 ? "is empty" : "holds several documents; write one");
      return;
    }
    json::FieldErrors known;
    auto value = Reader(*this, is_json ? known : errors, text.size()).read(YAML::Load(std::string(text)), "");
    if (!is_json) value_ = std::move(value);
  } catch (const YAML::Exception& error) {
    if (is_json) return;  // JSON that this YAML parser does not know (a surrogate pair) has no lines
    lines_[""] = error.mark.line + 1;
    errors.add_at("", fmt::format("is not YAML: {} (line {}, column {})", error.msg, error.mark.line + 1,
                                  error.mark.column + 1));
  }
}

int YamlText::line_of(std::string_view path) const {
  for (;;) {
    if (const auto at = lines_.find(path); at != lines_.end()) return at->second;
    if (path.empty()) return 1;
    const std::size_t cut = path.find_last_of(".[");
    path = cut == path.npos ? std::string_view() : path.substr(0, cut);
  }
}

}  // namespace stagedoor::catalogue
