// What the sub-commands do. Each gets settings that are already checked and returns the exit code: 0 done, 1
// it did not work out (an audit found something, a rehearsal broke a rule), 2 wrong settings or a wrong
// catalogue, nothing changed.
#pragma once

#include <string>

#include "app/commands/fairness_report.h"
#include "app/config/config.h"

namespace stagedoor {

// Serves until SIGTERM or SIGINT. One JSON line on standard output when ready: {"event":"listening",…}.
int run_serve(const Config& config);

// Brings the catalogue in `file` (YAML or JSON) into the store, all or nothing, and says what changed.
int run_import(const Config& config, const std::string& file);

// Checks every invariant of the store's rows and prints what is wrong; 1 if anything is.
int run_audit(const Config& config);

// Writes a consistent copy of the store to `file` while a server may be running. Refuses to overwrite.
int run_backup(const Config& config, const std::string& file);

// Judges the room of one event from the store and prints what came of everybody in it; 1 when it was not
// fair.
int run_fairness(const Config& config, const FairnessOptions& options);

// Prints the API's description (OpenAPI 3.1, JSON).
int run_openapi();

}  // namespace stagedoor
