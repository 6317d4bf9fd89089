// What the sink and the log share of librdkafka: how clients are configured and made. For this folder only.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stagedoor::kafka {

struct Property {
  const char* name;
  const char* value;
};

struct DeleteConf {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
using Conf = std::unique_ptr<rd_kafka_conf_t, DeleteConf>;
struct DeleteHandle {
  // Drops what is not acknowledged.
  void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
};
using Handle = std::unique_ptr<rd_kafka_t, DeleteHandle>;

// Throws std::runtime_error with librdkafka's text, without the value.
void set(rd_kafka_conf_t& conf, const char* name, const char* value);

// `defaults`, the operator's `properties`, and `fixed`, where later ones replace earlier ones. Messages of
// the library go to the log. Throws std::runtime_error, also if a property is one of `refused`.
Conf configure(std::span<const Property> defaults,
               const std::vector<std::pair<std::string, std::string>>& properties,
               std::span<const std::string_view> refused, std::span<const Property> fixed);

// Throws std::runtime_error with librdkafka's text.
Handle make_client(rd_kafka_type_t type, Conf conf);

}  // namespace stagedoor::kafka
