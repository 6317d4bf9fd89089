-- How far each sink has accepted the rows of the outbox (notes.md).
CREATE TABLE event_sinks (
  sink TEXT PRIMARY KEY,                           -- its name in events.sinks
  accepted INTEGER NOT NULL CHECK (accepted >= 0)  -- outbox id; every row up to it has been accepted
) WITHOUT ROWID;
