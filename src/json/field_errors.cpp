#include "json/field_errors.h"

#include <fmt/format.h>

#include <algorithm>

namespace stagedoor::json {

void FieldErrors::append_path(std::string& out, const Step* step) {
  if (!step) return;
  append_path(out, step->parent_);
  if (step->index_ != Step::kNoIndex) {
    out += fmt::format("[{}]", step->index_);
  } else {
    if (!out.empty()) out += '.';
    out += step->key_;
  }
}

void FieldErrors::add_at(std::string path, std::string message) {
  errors_.push_back({.path = std::move(path), .message = std::move(message)});
}

void FieldErrors::add_here(std::string message) {
  std::string path;
  append_path(path, here_);
  add_at(std::move(path), std::move(message));
}

void FieldErrors::add(std::string_view field, std::string message) {
  std::string path;
  append_path(path, here_);
  if (!field.empty() && !path.empty()) path += '.';
  path += field;
  const auto begin = errors_.begin() + static_cast<std::ptrdiff_t>(here_ ? here_->errors_before_ : 0);
  if (std::any_of(begin, errors_.end(), [&](const FieldError& error) { return error.path == path; })) return;
  add_at(std::move(path), std::move(message));
}

Refusal invalid(FieldErrors& errors) {
  Refusal refusal{.code = Code::INVALID_REQUEST, .details = errors.take()};
  const FieldError& first = refusal.details.front();
  refusal.message = first.path.empty() ? "The body " + first.message : first.path + " " + first.message;
  if (refusal.details.size() > 1) refusal.message += fmt::format(", and {} more", refusal.details.size() - 1);
  return refusal;
}

}  // namespace stagedoor::json
