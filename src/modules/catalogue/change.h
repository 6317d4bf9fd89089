// The one command that changes the catalogue: the import of a file and every change an operator makes (R-K4,
// R-O1). model.h plans the change; this file connects it to the lane: the seats to load, the row of the audit
// log, the answer.
#pragma once

#include <functional>
#include <string>

#include "engine/command.h"
#include "engine/lane.h"
#include "modules/catalogue/model.h"

namespace stagedoor::catalogue {

using HasJoined = std::function<bool(EventId)>;

struct Change {
  // Plans the requested change against the current catalogue, when the command is decided. Pure; called
  // several times.
  std::function<Result<CatalogueDocument>(const Catalogue&)> document = {};
  // For the audit log (R-Q17).
  std::string operator_name = {};
  std::string action = {};   // "event.change"
  std::string request = {};  // the request as JSON; may be empty
  // Renders the answer from the plan and the new catalogue. Lane thread, before the commit.
  std::function<Answer(const Result<CataloguePlan>&, const Catalogue& after, TimePoint now)> render = {};
  // Receives the answer after the commit, or the lane's refusal.
  std::function<void(Answer)> reply = {};
  Idempotency idempotency = {};
  // True if users have joined the event's line. Lane thread.
  HasJoined has_joined = {};
};

class ChangeCatalogue final : public Command {
 public:
  explicit ChangeCatalogue(Change change);

  void rows_to_load(const View& view, Keys& wanted) const override;
  CommandResult decide(const View& view, BatchContext& context) override;
  void reply(Answer answer) override { change_.reply(std::move(answer)); }
  bool ends_batch() const override { return true; }

 private:
  Result<void> check_draws(const CatalogueDocument& document, const CataloguePlan& plan, const View& view,
                           TimePoint now) const;

  Change change_;
};

// Imports through a lane that is not started: for `stagedoor import`, and for catalogue.file before the
// server listens. The lane's source of the catalogue must be one of its commit observers.
Result<ImportSummary> import_catalogue(Lane& lane, const CatalogueDocument& document,
                                       const std::string& operator_name, HasJoined has_joined);

}  // namespace stagedoor::catalogue
