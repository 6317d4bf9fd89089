-- Events that a sink refused, and those of the same key behind them. As up.sql.
CREATE TABLE parked_events (
  sink TEXT NOT NULL,           -- its name in events.sinks
  id BIGINT NOT NULL,          -- as in the outbox, like the next five
  key TEXT NOT NULL,
  version BIGINT NOT NULL,
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL CHECK (attempts >= 0),
  parked_at BIGINT NOT NULL,
  next_at BIGINT NOT NULL,     -- not before this time is the next attempt
  reason TEXT NOT NULL,         -- of the last refusal; '': it was not tried
  PRIMARY KEY (sink, id)
);
CREATE INDEX parked_events_by_key ON parked_events (sink, key, id);

-- Events that were given up.
CREATE TABLE dead_letters (
  sink TEXT NOT NULL,
  id BIGINT NOT NULL,
  key TEXT NOT NULL,
  version BIGINT NOT NULL,
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL CHECK (attempts >= 0),
  parked_at BIGINT NOT NULL,
  died_at BIGINT NOT NULL,     -- when it was given up
  reason TEXT NOT NULL,
  PRIMARY KEY (sink, id)
);
