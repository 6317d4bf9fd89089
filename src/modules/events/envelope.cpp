#include "modules/events/envelope.h"

#include <boost/json/object.hpp>

#include "json/write.h"
#include "modules/events/event_types.h"

namespace stagedoor::events {

std::string source_of(std::string_view store_id) { return "/stagedoor/" + std::string(store_id); }

// It is left out, never null.
void Envelope::refine(boost::json::object& properties) {
  properties["traceparent"] = {{"type", "string"}, {"pattern", "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"}};
}

OutboxEvent to_event(OutboxRow row, std::string_view source) {
  row.type = type_of(row);
  const auto trace = row.trace.empty() ? json::Omitted<std::string_view>() : row.trace;
  std::string json = json::to_text(Envelope{.id = std::to_string(row.id.value),
                                            .source = source,
                                            .type = row.type,
                                            .subject = row.key,
                                            .keyversion = row.version,
                                            .time = row.created_at,
                                            .traceparent = trace,
                                            .data = {row.payload}});
  return {std::move(row), std::move(json)};
}

}  // namespace stagedoor::events
