// Parses a JSON text (RFC 8259, no extensions).
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string_view>

#include "json/field_errors.h"

namespace stagedoor::json {

inline constexpr std::size_t kDepthMax = 32;

// The value of a JSON text; nullopt if it is malformed. A duplicate key is an error but does not stop the
// parse. The value lives in `storage`.
std::optional<boost::json::value> parse(std::string_view text, FieldErrors& errors,
                                        boost::json::storage_ptr storage = {});

}  // namespace stagedoor::json
