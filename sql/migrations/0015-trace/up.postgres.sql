-- The trace of the request that caused an event: W3C traceparent. As up.sql.
ALTER TABLE outbox ADD COLUMN trace TEXT;
ALTER TABLE parked_events ADD COLUMN trace TEXT;
ALTER TABLE dead_letters ADD COLUMN trace TEXT;
