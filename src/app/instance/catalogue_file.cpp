#include "app/instance/catalogue_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "app/config/secrets.h"
#include "core/refusals.h"
#include "modules/catalogue/change.h"

namespace stagedoor {

Result<CatalogueFile> CatalogueFile::read(const std::string& name, const Config& config) {
  std::ifstream in(name, std::ios::binary);
  if (!in) return refuse(Code::INVALID_REQUEST, name + ": cannot be read\n");
  const std::string bytes(std::istreambuf_iterator<char>(in), {});
  CatalogueFile file;
  file.name_ = name;
  file.digest_ = catalogue::import_digest(bytes);
  file.text_ = std::make_shared<const catalogue::CatalogueText>(bytes);
  const auto& document = file.text().document();
  if (!document) return file.explained(document.error());
  const auto store = store_file(config);
  if (store && !std::filesystem::exists(*store)) {
    Ids ids(1);
    const auto no_seats = [](const EventDate&) { return std::vector<SeatId>(); };
    const auto plan = catalogue::plan_import(*document, Catalogue{}, no_seats, TimePoint{}, ids);
    if (!plan) return file.explained(plan.error());
  }
  return file;
}

Refusal CatalogueFile::explained(Refusal refusal) const {
  refusal.message = text_->explain(name_, refusal);
  return refusal;
}

}  // namespace stagedoor
