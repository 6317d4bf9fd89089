-- Who has this table in EXCLUSIVE MODE has the writer lock. It stays empty.
CREATE TABLE writers ();

-- Which session delivers to a sink of events. The lease ends with the session.
CREATE TABLE sink_leases (
  sink TEXT PRIMARY KEY,              -- its name in events.sinks
  pid INTEGER NOT NULL,               -- of the session, which pg_stat_activity has as long as it lives
  session_begin TIMESTAMPTZ NOT NULL  -- a later session may have the same pid
);

-- Digests of 128 bits, which have the size of a UUID, and keys that may be any bytes (notes.md).
ALTER TABLE idempotent_answers
  ALTER COLUMN key TYPE BYTEA USING convert_to(key, 'UTF8'),
  ALTER COLUMN digest TYPE UUID
    USING encode(substr(sha256(uuid_send(user_id) || convert_to(key, 'UTF8')), 1, 16), 'hex')::UUID;

UPDATE meta SET value = 8 WHERE name = 'schema_needed';
