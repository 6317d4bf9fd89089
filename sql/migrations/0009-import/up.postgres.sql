-- What imports said last, the time zones of events, and rows that an import has not shown yet (notes.md).
ALTER TABLE events
  ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'Asia/Seoul',
  ADD COLUMN imported TEXT NOT NULL DEFAULT '',  -- JSON, or '': never imported
  ADD COLUMN hidden BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE dates
  ADD COLUMN imported TEXT NOT NULL DEFAULT '',
  ADD COLUMN hidden BOOLEAN NOT NULL DEFAULT FALSE;

-- Texts that were imported. The highest log_id is the newest import.
CREATE TABLE imports (
  digest TEXT PRIMARY KEY,  -- SHA-256, hex digits
  log_id BIGINT NOT NULL    -- of its last import, in operator_log
);

UPDATE meta SET value = 9 WHERE name = 'schema_needed';
