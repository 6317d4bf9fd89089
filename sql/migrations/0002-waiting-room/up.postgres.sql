-- The complete waiting room: who vanished while waiting, draws, priority. As up.sql.

-- A bit for each of 4,096 places, place block * 4096 + 1 first (the lowest bit of the first byte).
CREATE TABLE line_absences (
  event_id BIGINT NOT NULL,
  block INTEGER NOT NULL CHECK (block >= 0),
  bits BYTEA NOT NULL CHECK (length(bits) = 512),
  PRIMARY KEY (event_id, block)
);

-- drawn_at, people and digest come together, at the opening; the seed is secret until then.
CREATE TABLE draws (
  event_id BIGINT PRIMARY KEY REFERENCES events (id),
  seed BYTEA NOT NULL CHECK (length(seed) = 32),
  opens_at BIGINT NOT NULL,
  committed_at BIGINT NOT NULL,
  beacon_source TEXT NOT NULL,
  beacon TEXT NOT NULL,
  drawn_at BIGINT,
  people BIGINT NOT NULL CHECK (people >= 0),
  digest BYTEA NOT NULL CHECK (length(digest) = CASE WHEN drawn_at IS NULL THEN 0 ELSE 32 END)
);

CREATE TABLE priority_users (
  event_id BIGINT NOT NULL REFERENCES events (id),
  user_id UUID NOT NULL,
  granted_at BIGINT NOT NULL,
  PRIMARY KEY (event_id, user_id)
);
