// The catalogue as the file that an import reads. Pure.
#pragma once

#include "modules/catalogue/document.h"
#include "state/catalogue.h"

namespace stagedoor::catalogue {

// The document of the whole catalogue. Importing it into this catalogue changes nothing. A layout that was
// given another form after a date was made from it is left out, because no document could name both forms.
CatalogueDocument export_document(const Catalogue& catalogue);

}  // namespace stagedoor::catalogue
