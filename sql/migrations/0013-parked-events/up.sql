-- Events that a sink refused, and those of the same key behind them (notes.md).
CREATE TABLE parked_events (
  sink TEXT NOT NULL,           -- its name in events.sinks
  id INTEGER NOT NULL,          -- as in the outbox, like the next five
  key TEXT NOT NULL,
  version INTEGER NOT NULL,
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  parked_at INTEGER NOT NULL,
  next_at INTEGER NOT NULL,     -- not before this time is the next attempt
  reason TEXT NOT NULL,         -- of the last refusal; '': it was not tried
  PRIMARY KEY (sink, id)
) WITHOUT ROWID;
CREATE INDEX parked_events_by_key ON parked_events (sink, key, id);

-- Events that were given up.
CREATE TABLE dead_letters (
  sink TEXT NOT NULL,
  id INTEGER NOT NULL,
  key TEXT NOT NULL,
  version INTEGER NOT NULL,
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  parked_at INTEGER NOT NULL,
  died_at INTEGER NOT NULL,     -- when it was given up
  reason TEXT NOT NULL,
  PRIMARY KEY (sink, id)
) WITHOUT ROWID;
