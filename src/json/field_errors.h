// The errors of a document, each with its path, so that one answer names them all (R-X3).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/refusal.h"

namespace stagedoor::json {

// Collects errors; never throws.
class FieldErrors {
 public:
  // Adds an error of the member `field` of the struct that is being checked ("" for the struct itself).
  // Ignored if that member has an error already.
  void add(std::string_view field, std::string message);

  bool empty() const { return errors_.empty(); }
  std::vector<FieldError> take() { return std::move(errors_); }

  // For the reader: errors found while a Step lives are below its member or element.
  class Step {
   public:
    Step(FieldErrors& errors, std::string_view key) : Step(errors, key, kNoIndex) {}
    Step(FieldErrors& errors, std::size_t index) : Step(errors, {}, index) {}
    ~Step() { errors_.here_ = parent_; }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    friend class FieldErrors;
    static constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);
    Step(FieldErrors& errors, std::string_view key, std::size_t index)
        : errors_(errors),
          parent_(errors.here_),
          key_(key),
          index_(index),
          errors_before_(errors.errors_.size()) {
      errors.here_ = this;
    }

    FieldErrors& errors_;
    const Step* parent_;
    std::string_view key_;
    std::size_t index_;
    std::size_t errors_before_;
  };
  void add_here(std::string message);
  void add_at(std::string path, std::string message);

 private:
  static void append_path(std::string& out, const Step* step);

  const Step* here_ = nullptr;
  std::vector<FieldError> errors_;
};

// INVALID_REQUEST with all errors.
Refusal invalid(FieldErrors& errors);

}  // namespace stagedoor::json
