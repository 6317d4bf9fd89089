-- The store's id, and the versions of the keys of events (notes.md).
CREATE TABLE store (
  id TEXT NOT NULL CHECK (length(id) = 36)  -- a random UUID, in the only row
);
INSERT INTO store (id)
SELECT lower(format('%s-%s-4%s-%s%s-%s', hex(randomblob(4)), hex(randomblob(2)), substr(hex(randomblob(2)), 2),
                    substr('89AB', 1 + (random() & 3), 1), substr(hex(randomblob(2)), 2), hex(randomblob(6))));
CREATE TABLE key_versions (
  key TEXT PRIMARY KEY,      -- "event/1", "queue/1"
  version INTEGER NOT NULL CHECK (version > 0),
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;
