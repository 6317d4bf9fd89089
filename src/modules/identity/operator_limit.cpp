#include "modules/identity/operator_limit.h"

#include <fmt/format.h>

#include <algorithm>

namespace stagedoor::identity {
namespace {

constexpr std::chrono::seconds kRetry{5};  // of what is open, nobody knows how long

Refusal too_many(std::string message, std::chrono::seconds wait) {
  return {.code = Code::RATE_LIMITED,
          .message = std::move(message),
          .extra = {{"scope", "\"operator\""}},
          .headers = {{"Retry-After", std::to_string(std::max(wait, std::chrono::seconds(1)).count())}}};
}

}  // namespace

Result<std::shared_ptr<const void>> OperatorLimit::begin(const std::string& operator_name,
                                                         SteadyClock::time_point now) {
  const auto uses = uses_->lock();
  Use& use = (*uses)[operator_name];
  if (use.open >= rule_.at_once)
    return too_many(fmt::format("You have {} of these open, which is the most.", use.open), kRetry);
  if (now < use.may_begin_at) {
    const auto wait = std::chrono::ceil<std::chrono::seconds>(use.may_begin_at - now);
    return too_many(fmt::format("You may begin this once in {} s.", rule_.apart.count()), wait);
  }
  ++use.open;
  use.may_begin_at = now + rule_.apart;
  const auto end = [all = uses_, operator_name](const void*) { --(*all->lock())[operator_name].open; };
  return std::shared_ptr<const void>(uses_.get(), end);
}

}  // namespace stagedoor::identity
