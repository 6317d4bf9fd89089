#include "modules/events/schemas.h"

#include <fmt/format.h>

#include "json/schema.h"
#include "json/write.h"
#include "modules/events/envelope.h"
#include "modules/events/event_types.h"
#include "modules/events/type_list.h"

namespace stagedoor::events {
namespace {

// Self-contained schemas: described structs are inlined.
struct InPlace {
  template <class Make>
  boost::json::value ref(std::string_view, Make make) {
    boost::json::value schema = make();
    schema.as_object().erase("additionalProperties");
    return schema;
  }
};

template <class Payload>
std::pair<std::string, std::string> schema_of(std::string_view entity) {
  InPlace in_place;
  boost::json::object schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                             {"title", fmt::format("stagedoor.{}.*.v1", entity)}};
  const boost::json::value envelope = json::schema<Envelope>(in_place);
  for (const auto& [key, value] : envelope.as_object()) schema[key] = value;
  auto& properties = schema["properties"].as_object();
  boost::json::array types;
  for (const auto& each : event_types())
    if (each.entity == entity) types.emplace_back(each.type());
  properties["type"].as_object()["enum"] = std::move(types);
  const auto only = [&](std::string_view name, std::string_view value) {
    properties[name].as_object()["enum"] = boost::json::array{value};
  };
  only("specversion", Envelope{}.specversion);
  only("datacontenttype", Envelope{}.datacontenttype);
  properties["data"] = json::schema<Payload>(in_place);
  return {fmt::format("{}.v1.json", entity), json::pretty(schema)};
}

}  // namespace

std::map<std::string, std::string> schemas() {
  return {schema_of<ReservationEvent>("reservation"),
          schema_of<PaymentEvent>("payment"),
          schema_of<WalletEvent>("wallet"),
          schema_of<TicketEvent>("ticket"),
          schema_of<CatalogueEvent>("event"),
          schema_of<DateEvent>("date"),
          schema_of<DrawEvent>("draw"),
          schema_of<AdmittedEvent>("queue")};
}

}  // namespace stagedoor::events
