// The exit of sub-commands that are refused, and of those that judge a store, if they cannot read it.
#pragma once

#include <cstdio>

#include "app/commands/commands.h"
#include "core/refusal.h"
#include "ports/store_errors.h"

namespace stagedoor {

// Tells why, and gives the exit code.
inline int refused(const Refusal& refusal) {
  std::fputs(refusal.message.c_str(), stderr);
  return kRefused;
}

// The exit code of `judge()`. A store that cannot be reached or read is not judged as right or wrong.
template <class Judge>
int judged(const Judge& judge) {
  try {
    return judge();
  } catch (const StoreUnavailable& outage) {
    std::fprintf(stderr, "stagedoor: %s\n", outage.what());
  } catch (const StoreUnusable& why) {
    std::fprintf(stderr, "stagedoor: %s\n", why.what());
  }
  return kRefused;
}

}  // namespace stagedoor
