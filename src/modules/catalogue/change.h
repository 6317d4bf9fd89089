// The one command that changes the catalogue: the import of a file and every change an operator makes
// (R-K4, R-O1). What to do is planned in model.h; here it meets the lane: which seats it must know of, the
// line in the audit log, the answer.
#pragma once

#include <functional>
#include <string>

#include "engine/command.h"
#include "engine/lane.h"
#include "modules/catalogue/model.h"

namespace stagedoor::catalogue {

struct Change {
  // What is asked for, given the catalogue as it is when the change is decided. Pure; called several times.
  std::function<Result<CatalogueDocument>(const Catalogue&)> document = {};
  // For the audit log (R-Q17).
  std::string operator_name = {};
  std::string action = {};   // "event.change"
  std::string request = {};  // what was asked for, as JSON; may be empty
  // The answer's bytes, of the plan and the catalogue as it will be; lane thread, before the commit.
  std::function<Answer(const Result<CataloguePlan>&, const Catalogue& after, TimePoint now)> render = {};
  // Gets the answer after the commit, or the lane's refusal.
  std::function<void(Answer)> reply = {};
  Idempotency idempotency = {};
};

class ChangeCatalogue final : public Command {
 public:
  explicit ChangeCatalogue(Change change);

  void rows_to_load(const View& view, Keys& wanted) const override;
  CommandResult decide(const View& view, BatchContext& context) override;
  void reply(Answer answer) override { change_.reply(std::move(answer)); }
  bool ends_batch() const override { return true; }

 private:
  Change change_;
};

// Imports through a lane that has not been started: for `stagedoor import` and for catalogue.file before the
// server listens. One of the lane's commit observers must be what it reads the catalogue from.
Result<ImportSummary> import_catalogue(Lane& lane, const CatalogueDocument& document,
                                       const std::string& operator_name);

}  // namespace stagedoor::catalogue
