// Whether a topic keeps all of its records, and how one is made that does. For this folder only.
#pragma once

#include <librdkafka/rdkafka.h>

#include <string>

#include "core/time.h"

namespace stagedoor::kafka {

// With any client. Makes the topic if it is not there. Throws TopicUnusable, LogUnavailable.
void make_keeping_topic(rd_kafka_t& client, const std::string& topic, Millis timeout);
// Throws TopicUnusable, LogUnavailable.
void demand_keeping_topic(rd_kafka_t& client, const std::string& topic, Millis timeout);

}  // namespace stagedoor::kafka
