#include "modules/events/envelope.h"

#include "json/write.h"
#include "modules/events/event_types.h"

namespace stagedoor::events {

std::string source_of(std::string_view store_id) { return "/stagedoor/" + std::string(store_id); }

OutboxEvent to_event(OutboxRow row, std::string_view source) {
  row.type = type_of(row);
  std::string json = json::to_text(Envelope{.id = std::to_string(row.id.value),
                                            .source = source,
                                            .type = row.type,
                                            .subject = row.key,
                                            .keyversion = row.version,
                                            .time = row.created_at,
                                            .data = {row.payload}});
  return {std::move(row), std::move(json)};
}

}  // namespace stagedoor::events
