// Bytes → CatalogueText, as YAML and as JSON. Whatever comes: no crash; what is refused says why and where;
// what is accepted is written as JSON and read back the same.
#include <cstdint>
#include <string_view>

#include "core/ensure.h"
#include "json/write.h"
#include "modules/catalogue/document.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stagedoor;
  const catalogue::CatalogueText text(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!text.document()) {
    const Refusal& refusal = text.document().error();
    ensure(!refusal.details.empty(), "a refusal says why");
    ensure(text.explain("f", refusal).starts_with("f:"), "and where");
    return 0;
  }
  const std::string written = json::to_text(*text.document());
  const catalogue::CatalogueText again(written);
  ensure(again.document().has_value(), "what was written can be read");
  ensure(json::to_text(*again.document()) == written, "and reads the same");
  return 0;
}
