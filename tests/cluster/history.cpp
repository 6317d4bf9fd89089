#include "cluster/history.h"

#include <fmt/format.h>

#include <boost/describe/enum_to_string.hpp>
#include <chrono>
#include <ostream>

namespace stagedoor::test {
namespace {

std::int64_t now() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

const char* name(auto value) { return boost::describe::enum_to_string(value, "?"); }

bool tells_balance(const Operation& operation) {
  if (operation.key.thing == Thing::seat || operation.told->outcome == Outcome::refused) return false;
  return operation.told->outcome != Outcome::done || operation.kind == Kind::charge ||
         operation.kind == Kind::balance;
}

}  // namespace

std::string to_string(const Key& key) { return fmt::format("{} {}", name(key.thing), key.id); }

std::string to_string(const Operation& operation) {
  std::string out = fmt::format("client {}: {}", operation.client, name(operation.kind));
  if (operation.kind == Kind::hold) out += " for user";
  if (operation.kind != Kind::balance) out += fmt::format(" {}", operation.argument);
  if (!operation.told) return out + " → not known";
  out += fmt::format(" → {}", name(operation.told->outcome));
  if (operation.told->id != 0) out += fmt::format(", id {}", operation.told->id);
  if (tells_balance(operation)) out += fmt::format(", balance {}", operation.told->balance);
  return out;
}

std::ostream& operator<<(std::ostream& out, const Operation& operation) {
  return out << to_string(operation.key) << ", " << to_string(operation);
}

Recorder::Id Recorder::invoked(std::size_t client, Key key, Kind kind, std::int64_t argument) {
  history_.push_back({.client = client, .key = key, .kind = kind, .argument = argument, .invoked_at = now()});
  return history_.size() - 1;
}

void Recorder::answered(Id id, const std::optional<Told>& told) {
  history_[id].told = told;
  history_[id].answered_at = now();
}

}  // namespace stagedoor::test
