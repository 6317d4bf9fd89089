-- The store's id, and the versions of the keys of events. As up.sql.
CREATE TABLE store (
  id TEXT NOT NULL CHECK (length(id) = 36)
);
INSERT INTO store (id) VALUES (gen_random_uuid()::TEXT);
CREATE TABLE key_versions (
  key TEXT PRIMARY KEY,
  version BIGINT NOT NULL CHECK (version > 0),
  updated_at BIGINT NOT NULL
);
