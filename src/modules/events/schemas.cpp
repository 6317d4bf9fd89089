#include "modules/events/schemas.h"

#include <fmt/format.h>

#include "json/schema.h"
#include "json/write.h"
#include "modules/events/envelope.h"
#include "modules/events/event_types.h"

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
std::string schema_of(std::string_view entity, std::initializer_list<std::string_view> names) {
  InPlace in_place;
  boost::json::object schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                             {"title", fmt::format("stagedoor.{}.*.v1", entity)}};
  const boost::json::value envelope = json::schema<Envelope>(in_place);
  for (const auto& [key, value] : envelope.as_object()) schema[key] = value;
  auto& properties = schema["properties"].as_object();
  boost::json::array types;
  for (const auto name : names) types.emplace_back(fmt::format("stagedoor.{}.{}.v1", entity, name));
  properties["type"].as_object()["enum"] = std::move(types);
  properties["data"] = json::schema<Payload>(in_place);
  return json::pretty(schema);
}

}  // namespace

std::map<std::string, std::string> schemas() {
  return {
      {"reservation.v1.json", schema_of<ReservationEvent>("reservation", {"held", "pending", "paid", "lapsed",
                                                                          "cancelled", "refunded"})},
      {"wallet.v1.json", schema_of<WalletEvent>("wallet", {"charged", "used", "refunded"})},
      {"payment.v1.json", schema_of<PaymentEvent>("payment", {"made"})}};
}

}  // namespace stagedoor::events
