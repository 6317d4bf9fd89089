// Server-sent events, read as a browser reads them (HTML Living Standard, 9.2.6).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stagedoor::test {

struct SseEvent {
  std::string event;
  std::string id;
  std::string data;
};

// The next complete block of `text`, which is taken out of it; nothing when none is complete. Comments and
// `retry` are blocks without data.
inline std::optional<SseEvent> take_event(std::string& text) {
  const std::size_t end = text.find("\n\n");
  if (end == std::string::npos) return std::nullopt;
  SseEvent event;
  std::string_view block = std::string_view(text).substr(0, end + 1);
  while (!block.empty()) {
    const std::string_view line = block.substr(0, block.find('\n'));
    block.remove_prefix(line.size() + 1);
    const std::size_t colon = line.find(": ");
    if (colon == line.npos) continue;
    const std::string value(line.substr(colon + 2));
    const std::string_view field = line.substr(0, colon);
    if (field == "event") event.event = value;
    else if (field == "id") event.id = value;
    else if (field == "data") event.data += value;
  }
  text.erase(0, end + 2);
  return event;
}

// All events of a text that has nothing but complete ones.
inline std::vector<SseEvent> events_of(std::string text) {
  std::vector<SseEvent> events;
  while (auto event = take_event(text)) {
    if (!event->data.empty()) events.push_back(std::move(*event));
  }
  return events;
}

}  // namespace stagedoor::test
