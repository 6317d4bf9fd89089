// What is wrong with a document: every fault with its path, so that one answer names them all (R-X3).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/refusal.h"

namespace stagedoor::json {

// Collects faults; never throws.
class Faults {
 public:
  // A fault of the member `field` of the struct that is being checked ("" for the struct itself). Ignored
  // when that member has a fault already.
  void add(std::string_view field, std::string message);

  bool empty() const { return faults_.empty(); }
  std::vector<Fault> take() { return std::move(faults_); }

  // For the reader: faults found while a Step lives are below its member or element.
  class Step {
   public:
    Step(Faults& faults, std::string_view key) : Step(faults, key, kNoIndex) {}
    Step(Faults& faults, std::size_t index) : Step(faults, {}, index) {}
    ~Step() { faults_.here_ = parent_; }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    friend class Faults;
    static constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);
    Step(Faults& faults, std::string_view key, std::size_t index)
        : faults_(faults),
          parent_(faults.here_),
          key_(key),
          index_(index),
          faults_before_(faults.faults_.size()) {
      faults.here_ = this;
    }

    Faults& faults_;
    const Step* parent_;
    std::string_view key_;
    std::size_t index_;
    std::size_t faults_before_;
  };
  void add_here(std::string message);
  void add_at(std::string path, std::string message);

 private:
  static void append_path(std::string& out, const Step* step);

  const Step* here_ = nullptr;
  std::vector<Fault> faults_;
};

// INVALID_REQUEST with all the faults.
Refusal invalid(Faults& faults);

}  // namespace stagedoor::json
