#include "modules/catalogue/merge.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace stagedoor::catalogue {
namespace {

namespace bj = boost::json;

std::string for_people(const bj::value* value) {
  if (!value) return "not set";
  if (const auto* text = value->if_string()) return std::string(text->data(), text->size());
  return bj::serialize(*value);
}

bool same(const bj::value* a, const bj::value* b) { return a && b ? *a == *b : a == b; }

const bj::object* group_in(const bj::object* object, std::string_view name) {
  const auto* value = object ? object->if_contains(name) : nullptr;
  return value ? value->if_object() : nullptr;
}

// The names of the groups whose fields need them to be understood: "on_sale.from".
bool is_named(std::string_view group) { return group != "queue" && group != "policy"; }

// `last`: nullptr if nothing was imported.
void merge(const bj::object& file, const bj::object& now, const bj::object* last, const std::string& prefix,
           bj::object& document, std::vector<KeptField>& kept) {
  static const bj::object kEmpty;
  for (const auto& field : file) {
    const std::string_view name(field.key().data(), field.key().size());
    if (const auto* group = field.value().if_object()) {
      const auto* now_in = group_in(&now, name);
      const auto* last_in = group_in(last, name);
      auto& into = document[field.key()];
      if (!into.is_object()) into = bj::object();
      merge(*group, now_in ? *now_in : kEmpty, last && !last_in ? &kEmpty : last_in,
            is_named(name) ? prefix + std::string(name) + "." : prefix, into.get_object(), kept);
      continue;
    }
    const auto* current = now.if_contains(field.key());
    const bool is_operators = !last || !same(current, last->if_contains(field.key()));
    if (!is_operators) {
      document[field.key()] = field.value();
    } else if (!same(current, &field.value())) {
      kept.push_back({prefix + std::string(name), for_people(&field.value()), for_people(current)});
    }
  }
}

void overlay(const bj::object& over, bj::object& under) {
  for (const auto& field : over) {
    auto& into = under[field.key()];
    if (const auto* group = field.value().if_object(); group && into.is_object()) {
      overlay(*group, into.get_object());
    } else {
      into = field.value();
    }
  }
}

}  // namespace

Merged merge_import(const bj::object& file, const bj::object& now, std::string_view last) {
  Merged merged{.document = now, .kept = {}};
  const bj::value said = last.empty() ? bj::value() : bj::parse(last);
  merge(file, now, said.if_object(), "", merged.document, merged.kept);
  return merged;
}

std::string remember_import(const bj::object& file, std::string_view last) {
  bj::object said = last.empty() ? bj::object() : bj::parse(last).as_object();
  overlay(file, said);
  return bj::serialize(said);
}

}  // namespace stagedoor::catalogue
