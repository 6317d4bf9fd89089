// The store that the settings name, with what goes with it.
#pragma once

#include <functional>
#include <memory>

#include "app/config.h"
#include "ports/store.h"

namespace stagedoor {

struct OpenStore {
  std::unique_ptr<Store> store;
  std::function<std::unique_ptr<Queries>()> queries;  // any thread; none may outlive the store
  // How far the store's clock is ahead of this machine's. Any thread. Empty: it has none of its own.
  std::function<Millis()> clock_offset;
};

// Opens it, with its schema brought up to date. Throws std::runtime_error that says what is wrong.
OpenStore open_store(const Config& config);

}  // namespace stagedoor
