// The sinks that the settings name.
#pragma once

#include <memory>

#include "app/config/config.h"
#include "ports/event_sink.h"

namespace stagedoor {

// `setting` must have been checked by the rules of the settings. Throws std::runtime_error, for the operator,
// if the sink cannot be made: events.kafka has a property that librdkafka refuses. Does not connect.
std::unique_ptr<EventSink> make_sink(const SinkSetting& setting, const Config& config);

// Throws as make_sink() would for any sink of the settings.
void check_sinks(const Config& config);

}  // namespace stagedoor
