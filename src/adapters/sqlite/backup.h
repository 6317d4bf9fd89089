// An online copy of the store: consistent, complete, made from this or another process while the server runs.
#pragma once

#include <string>

namespace stagedoor::sqlite {

// Writes a copy of the store in `path` to the new file `target`: first under another name, then, when it is
// safely on disk, under its own. For as long as it takes, one read transaction is open, and the server's
// write-ahead log grows. Throws StoreUnusable (no store there, target exists or cannot be written) or
// StoreUnavailable.
void backup_sqlite(const std::string& path, const std::string& target);

}  // namespace stagedoor::sqlite
