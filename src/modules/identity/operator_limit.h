// What one operator key may have open at once, and how often it may begin something. Other limits of clients
// (http/client_limits.h) are not for operators, so this bounds what a leaked key can cost.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "core/guarded.h"
#include "core/refusal.h"

namespace stagedoor::identity {

class OperatorLimit {
 public:
  using SteadyClock = std::chrono::steady_clock;

  struct Rule {
    std::size_t at_once = 1;
    std::chrono::seconds apart{0};  // from one beginning to the next
  };

  explicit OperatorLimit(Rule rule) : rule_(rule) {}

  // What is open counts until the returned object is gone. RATE_LIMITED with Retry-After. Any thread. The
  // object may outlive this one.
  Result<std::shared_ptr<const void>> begin(const std::string& operator_name, SteadyClock::time_point now);

 private:
  struct Use {
    std::size_t open = 0;
    SteadyClock::time_point may_begin_at{};
  };
  using Uses = Guarded<std::map<std::string, Use>>;  // by operator, of whom there are few

  const Rule rule_;
  std::shared_ptr<Uses> uses_ = std::make_shared<Uses>();
};

}  // namespace stagedoor::identity
