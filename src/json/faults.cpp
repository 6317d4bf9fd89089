#include "json/faults.h"

#include <fmt/format.h>

#include <algorithm>

namespace stagedoor::json {

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

Refusal invalid(Faults& faults) {
  Refusal refusal{.code = Code::INVALID_REQUEST, .details = faults.take()};
  const Fault& first = refusal.details.front();
  refusal.message = first.path.empty() ? "The body " + first.message : first.path + " " + first.message;
  if (refusal.details.size() > 1) refusal.message += fmt::format(", and {} more", refusal.details.size() - 1);
  return refusal;
}

}  // namespace stagedoor::json
