// The policies and layouts of the catalogue, and the moves of a draw, as JSON text in a column: durations and
// times in milliseconds, names as in the catalogue file. A field that is missing in the text keeps its
// default, so a field can be added without a migration.
#pragma once

#include <string>
#include <string_view>

#include "state/catalogue.h"
#include "state/rows/waiting_room.h"

namespace stagedoor::tables {

std::string to_json_text(const QueuePolicy& policy);
std::string to_json_text(const SalePolicy& policy);
std::string to_json_text(const Layout& layout);
std::string to_json_text(const std::vector<DrawMove>& moves);

// Throw std::runtime_error for text that to_json_text() cannot have written.
void read_json_text(std::string_view text, QueuePolicy& policy);
void read_json_text(std::string_view text, SalePolicy& policy);
void read_json_text(std::string_view text, Layout& layout);
void read_json_text(std::string_view text, std::vector<DrawMove>& moves);

}  // namespace stagedoor::tables
