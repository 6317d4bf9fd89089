// The errors of a document, each with its path, so that one answer names them (R-X3): the first ones, and how
// many more there are.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/refusal.h"

namespace stagedoor::json {

// Collects errors; never throws. Further errors than `kept_max` are only counted, so that a wrong document
// costs no more than reading it.
class FieldErrors {
 public:
  static constexpr std::size_t kKeptMax = 20;

  explicit FieldErrors(std::size_t kept_max = kKeptMax) : kept_max_(kept_max) {}

  // Adds an error of the member `field` of the struct that is being checked ("" for the struct itself).
  // Ignored if that member has an error already; of errors that are only counted, if the struct has one.
  void add(std::string_view field, std::string message);

  bool empty() const { return errors_.empty(); }
  std::vector<FieldError> take() { return std::move(errors_); }
  // How many were only counted.
  std::size_t more() const { return count_ - errors_.size(); }

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
        : errors_(errors), parent_(errors.here_), key_(key), index_(index), errors_before_(errors.count_) {
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
  bool is_full() const { return errors_.size() >= kept_max_; }

  std::size_t kept_max_;
  const Step* here_ = nullptr;
  std::vector<FieldError> errors_;
  std::size_t count_ = 0;
};

// INVALID_REQUEST with the errors.
Refusal invalid(FieldErrors& errors);

}  // namespace stagedoor::json
