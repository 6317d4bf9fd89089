#include "json/field_errors.h"

#include <fmt/format.h>

#include <algorithm>

namespace stagedoor::json {
namespace {

constexpr std::size_t kPathMax = 200;  // bytes; the client wrote its keys

void cut(std::string& path) {
  if (path.size() <= kPathMax) return;
  std::size_t end = kPathMax;
  while ((static_cast<unsigned char>(path[end]) & 0xC0) == 0x80) --end;  // not within a character of UTF-8
  path.resize(end);
  path += "…";
}

}  // namespace

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
  ++count_;
  if (is_full()) return;
  cut(path);
  errors_.push_back({.path = std::move(path), .message = std::move(message)});
}

void FieldErrors::add_here(std::string message) {
  std::string path;
  if (is_full()) return add_at({}, {});
  append_path(path, here_);
  add_at(std::move(path), std::move(message));
}

void FieldErrors::add(std::string_view field, std::string message) {
  const std::size_t before = here_ ? here_->errors_before_ : 0;
  if (is_full()) {
    if (count_ == before) ++count_;
    return;
  }
  std::string path;
  append_path(path, here_);
  if (!field.empty() && !path.empty()) path += '.';
  path += field;
  const auto begin = errors_.begin() + static_cast<std::ptrdiff_t>(before);
  if (std::any_of(begin, errors_.end(), [&](const FieldError& error) { return error.path == path; })) return;
  add_at(std::move(path), std::move(message));
}

Refusal invalid(FieldErrors& errors) {
  const std::size_t more = errors.more();
  Refusal refusal{.code = Code::INVALID_REQUEST, .details = errors.take(), .more_details = more};
  const FieldError& first = refusal.details.front();
  refusal.message = first.path.empty() ? "The body " + first.message : first.path + " " + first.message;
  const std::size_t others = refusal.details.size() - 1 + more;
  if (others > 0) refusal.message += fmt::format(", and {} more", others);
  return refusal;
}

}  // namespace stagedoor::json
