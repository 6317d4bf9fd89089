// The audit (adapters/reports/audit_report.h) of a store in an SQLite file.
#pragma once

#include <string>

#include "adapters/reports/audit_report.h"
#include "adapters/reports/line_elsewhere.h"

namespace stagedoor::sqlite {

// `open_line`: where the line is. Runs all checks on one snapshot of the store, in one read transaction; a
// server may be running (its write-ahead log grows meanwhile). Throws StoreUnusable if there is no store of
// this version.
reports::AuditReport audit_sqlite(const std::string& path, const reports::OpenLine& open_line = {});

}  // namespace stagedoor::sqlite
