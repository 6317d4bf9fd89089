// The log that has the joins (decision 0028), as room.url names it.
#pragma once

#include <memory>
#include <string>

#include "app/config/config.h"
#include "ports/line_log.h"

namespace stagedoor {

// Where the line is, for people and to compare: room.url without user and password; "": in the booking store.
// Throws std::runtime_error, for the operator, if room.url cannot be used.
std::string line_source(const Config& config);

enum class LogUse { serve, report };

// Connects by itself when it is used, and again after an outage. nullptr: the booking store has the line. To
// serve, a topic of Kafka is looked at, and made if it is not there. Throws as line_source() does, and with
// the cause if the topic would lose joins or cannot be looked at.
std::unique_ptr<LineLog> open_log(const Config& config, LogUse use);

}  // namespace stagedoor
