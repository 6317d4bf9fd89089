// Pages of a growing list (R-X6): `?limit=` (1–200, default 50) and `?cursor=`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "http/router.h"
#include "ports/queries.h"

namespace stagedoor::api {

Result<PageAt> page_of(const http::Request& request);

std::vector<http::Parameter> page_parameters();

// One row more than the page has, to detect a next page.
inline PageAt one_more(PageAt at) { return {at.before, at.limit + 1}; }

// Cuts the surplus row off. Returns the cursor of the next page.
template <class Row, class IdOf>
std::optional<std::string> cut_page(std::vector<Row>& rows, PageAt at, const IdOf& id_of) {
  if (rows.size() <= static_cast<std::size_t>(at.limit)) return std::nullopt;
  rows.resize(static_cast<std::size_t>(at.limit));
  return std::to_string(id_of(rows.back()));
}

}  // namespace stagedoor::api
