// An online backup of the store: consistent, complete, made by this or another process while the server runs.
#pragma once

#include <string>

namespace stagedoor::sqlite {

// Copies the store in `path` to the new file `target`: first under a temporary name, which is renamed after
// the copy is synced to disk. One read transaction is open during the copy, so the server's write-ahead log
// grows. Throws StoreUnusable (no store, target exists or cannot be written) or StoreUnavailable.
void backup_sqlite(const std::string& path, const std::string& target);

}  // namespace stagedoor::sqlite
