// The one command that changes the catalogue: the import of a file and every change an operator makes (R-K4,
// R-O1). model.h plans the change; this file connects it to the lane: the seats to load, the row of the audit
// log, the answer.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/command.h"
#include "engine/lane.h"
#include "modules/catalogue/model.h"

namespace stagedoor::catalogue {

using HasJoined = std::function<bool(EventId)>;

struct Change {
  // Plans the requested change against the current catalogue, when the command is decided. Pure; called
  // several times.
  std::function<Result<CatalogueDocument>(const Catalogue&)> document = {};
  // Adds to the planned changes of `before`, or refuses; empty: adds nothing. Lane thread.
  std::function<Result<void>(CatalogueChanges&, const Catalogue& before, TimePoint now)> complete = {};
  // For the audit log (R-Q17).
  std::string operator_name = {};
  std::string action = {};   // "event.change"
  std::string request = {};  // the request as JSON; may be empty
  PlanRule rule = PlanRule::edit;
  std::string digest = {};  // of an import: of its text, see ImportedText; may be empty
  bool is_dry_run = false;  // plans and answers, and changes nothing
  // Renders the answer from the plan and the new catalogue. Lane thread, before the commit.
  std::function<Answer(const Result<CataloguePlan>&, const Catalogue& after, TimePoint now)> render = {};
  // Receives the answer after the commit, or the lane's refusal.
  std::function<void(Answer)> reply = {};
  Idempotency idempotency = {};
  // Submits the next command of a large import; empty: it is one command, however large. Lane thread.
  std::function<void(std::unique_ptr<Command>)> submit = {};
  // True if users have joined the event's line; empty: nobody has. Lane thread.
  HasJoined has_joined = {};
};

// A change that adds many seats is several commands (decision 0021): the first plans it all and begins to
// store the seats of its dates, hidden; the last plans it again and shows them.
class ChangeCatalogue final : public Command {
 public:
  explicit ChangeCatalogue(Change change) : ChangeCatalogue(std::move(change), {}) {}

  void rows_to_load(const View& view, Keys& wanted) const override;
  CommandResult decide(const View& view, BatchContext& context) override;
  void reply(Answer answer) override;
  bool ends_batch() const override { return true; }

 private:
  // The dates of a large import, and how far their seats are stored.
  struct Storing {
    std::shared_ptr<const Additions> additions = {};
    std::shared_ptr<const std::vector<HiddenSeats>> dates = {};  // whole ones
    std::size_t date = 0;
    std::size_t seat = 0;

    bool has_more() const { return dates && date < dates->size(); }
  };

  ChangeCatalogue(Change change, Storing storing);
  static Storing begin_storing(const CataloguePlan& plan, const Catalogue& catalogue);
  CommandResult store_piece(Storing from);
  Result<void> check_draws(const CatalogueDocument& document, const CataloguePlan& plan, const View& view,
                           TimePoint now) const;

  Change change_;
  Storing storing_;
  std::optional<Storing> next_;  // set by a decision that leaves more to do
};

struct ImportOptions {
  std::string operator_name = {};
  std::string digest = {};  // as in Change
  PlanRule rule = PlanRule::keep_changes;
  HasJoined has_joined = {};  // as in Change
  // Changes nothing if this text was imported once and another one after it (R-K4).
  bool unless_superseded = false;
};
struct ImportOutcome {
  ImportSummary summary;
  bool is_superseded = false;  // see ImportOptions
};

// The digest of a text for ImportedText.
std::string import_digest(std::string_view text);

// Imports through a lane that is not started: for `stagedoor import`, and for catalogue.file before the
// server listens. The lane's source of the catalogue must be one of its commit observers.
Result<ImportOutcome> import_catalogue(Lane& lane, const CatalogueDocument& document,
                                       const ImportOptions& options);

}  // namespace stagedoor::catalogue
