// The sink that an entry of events.sinks names.
#pragma once

#include <memory>

#include "app/config/config.h"
#include "ports/event_sink.h"

namespace stagedoor {

// `setting` must be checked.
std::unique_ptr<EventSink> make_sink(const SinkSetting& setting, const Config& config);

}  // namespace stagedoor
