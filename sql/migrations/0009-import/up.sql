-- What imports said last, the time zones of events, and rows that an import has not shown yet (notes.md).
ALTER TABLE events ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'Asia/Seoul';
ALTER TABLE events ADD COLUMN imported TEXT NOT NULL DEFAULT '';  -- JSON, or '': never imported
ALTER TABLE events ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1));
ALTER TABLE dates ADD COLUMN imported TEXT NOT NULL DEFAULT '';
ALTER TABLE dates ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1));

-- Texts that were imported. The highest log_id is the newest import.
CREATE TABLE imports (
  digest TEXT PRIMARY KEY,  -- SHA-256, hex digits
  log_id INTEGER NOT NULL   -- of its last import, in operator_log
) WITHOUT ROWID;

UPDATE meta SET value = 9 WHERE name = 'schema_needed';
