-- The trace of the request that caused an event: W3C traceparent. NULL: the request had none, or a job caused it (notes.md).
ALTER TABLE outbox ADD COLUMN trace TEXT;
ALTER TABLE parked_events ADD COLUMN trace TEXT;  -- as in the outbox
ALTER TABLE dead_letters ADD COLUMN trace TEXT;
