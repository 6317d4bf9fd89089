#include "modules/events/envelope.h"

#include "json/write.h"
#include "modules/events/event_types.h"

namespace stagedoor::events {

OutboxEvent to_event(OutboxRow row) {
  row.type = type_of(row);
  std::string json = json::to_text(Envelope{.id = std::to_string(row.id.value),
                                            .type = row.type,
                                            .subject = row.key,
                                            .keyversion = row.version,
                                            .time = row.created_at,
                                            .data = {row.payload}});
  return {std::move(row), std::move(json)};
}

}  // namespace stagedoor::events
