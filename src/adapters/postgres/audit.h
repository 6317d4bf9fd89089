// The audit (adapters/reports/audit_report.h) of a store in a PostgreSQL database.
#pragma once

#include <string>

#include "adapters/reports/audit_report.h"

namespace stagedoor::postgres {

// All checks on one state of the store, in one read transaction; servers may be running. Throws StoreUnusable
// when there is no store of this version to read, StoreUnavailable when the database cannot be reached.
reports::AuditReport audit_postgres(const std::string& url);

}  // namespace stagedoor::postgres
