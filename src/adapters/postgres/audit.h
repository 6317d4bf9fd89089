// The audit (adapters/reports/audit_report.h) of a store in a PostgreSQL database.
#pragma once

#include <string>

#include "adapters/reports/audit_report.h"
#include "adapters/reports/line_elsewhere.h"

namespace stagedoor::postgres {

// `open_line`: where the line is. Runs all checks on one snapshot of the store, in one read transaction;
// servers may be running. Throws StoreUnusable if there is no store of this version, StoreUnavailable if the
// database cannot be reached.
reports::AuditReport audit_postgres(const std::string& url, const reports::OpenLine& open_line = {});

}  // namespace stagedoor::postgres
