-- The complete waiting room: who vanished while waiting, draws, priority. Why each is as it is: notes.md.

-- A bit for each of 4,096 places, place block * 4096 + 1 first (the lowest bit of the first byte).
CREATE TABLE line_absences (
  event_id INTEGER NOT NULL,
  block INTEGER NOT NULL CHECK (block >= 0),
  bits BLOB NOT NULL CHECK (length(bits) = 512),
  PRIMARY KEY (event_id, block)
) WITHOUT ROWID;

-- drawn_at, people and digest come together, at the opening; the seed is secret until then.
CREATE TABLE draws (
  event_id INTEGER PRIMARY KEY REFERENCES events (id),
  seed BLOB NOT NULL CHECK (length(seed) = 32),
  opens_at INTEGER NOT NULL,
  committed_at INTEGER NOT NULL,
  beacon_source TEXT NOT NULL,
  beacon TEXT NOT NULL,
  drawn_at INTEGER,
  people INTEGER NOT NULL CHECK (people >= 0),
  digest BLOB NOT NULL CHECK (length(digest) = CASE WHEN drawn_at IS NULL THEN 0 ELSE 32 END)
);

CREATE TABLE priority_users (
  event_id INTEGER NOT NULL REFERENCES events (id),
  user_id BLOB NOT NULL CHECK (length(user_id) = 16),
  granted_at INTEGER NOT NULL,
  PRIMARY KEY (event_id, user_id)
) WITHOUT ROWID;
