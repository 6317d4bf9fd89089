// The pages for fans (R-U1): HTML in the language that the browser prefers, assets that never change, and the
// headers that limit what a page may do. The pages themselves are in web/.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/ids.h"
#include "http/router.h"

namespace stagedoor {

// What a page says of an event where scripts do not run.
struct PublicState {
  std::string event;  // its names
  std::string opens;  // when its sale opens, in its time zone
  std::int64_t waiting = 0;
  bool operator==(const PublicState&) const = default;
};
// nullopt: there is no such event. Called on I/O threads.
using StateOf = std::function<std::optional<PublicState>(EventId)>;

struct PageSettings {
  std::string_view archive;         // pages_archive.h; empty: "/" says how to get the pages
  std::string sign_in_origin = {};  // pages may call this server too; empty: none
  StateOf state_of = {};
};

void add_pages(http::Router& router, const PageSettings& settings);

// "https://id.example" of "https://id.example/realms/x"; empty without a scheme.
std::string origin_of(std::string_view url);

// "ko" or "en": the first of them in an Accept-Language header.
std::string_view preferred_language(std::string_view accepted);

}  // namespace stagedoor
