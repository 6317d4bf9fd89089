// A catalogue file, read and checked before a store is opened for it: a wrong file leaves nothing behind.
#pragma once

#include <memory>
#include <string>

#include "app/config/config.h"
#include "core/refusal.h"
#include "modules/catalogue/document.h"

namespace stagedoor {

class CatalogueFile {
 public:
  // Refuses with a message for the operator that names all errors with their lines. If the settings name a
  // store file that does not exist yet, the catalogue is also tried on an empty store.
  static Result<CatalogueFile> read(const std::string& name, const Config& config);

  const std::string& name() const { return name_; }
  const std::string& digest() const { return digest_; }  // see ImportedText
  const catalogue::CatalogueText& text() const { return *text_; }
  // The refusal of an import of this file, with its lines.
  Refusal explained(Refusal refusal) const;

 private:
  CatalogueFile() = default;

  std::string name_;
  std::string digest_;
  std::shared_ptr<const catalogue::CatalogueText> text_;
};

}  // namespace stagedoor
