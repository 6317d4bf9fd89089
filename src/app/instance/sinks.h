// The sinks that the settings name.
#pragma once

#include <memory>
#include <variant>

#include "app/config/config.h"
#include "ports/event_sink.h"

namespace stagedoor {

using AnySink = std::variant<std::unique_ptr<EventSink>, std::unique_ptr<KeyedSink>>;

// `setting` must have been checked by the rules of the settings. Throws std::runtime_error, for the operator,
// if the sink cannot be made: events.kafka has a property that librdkafka refuses. Does not connect.
AnySink make_sink(const SinkSetting& setting, const Config& config);

// Throws as make_sink() would for any sink of the settings.
void check_sinks(const Config& config);

}  // namespace stagedoor
