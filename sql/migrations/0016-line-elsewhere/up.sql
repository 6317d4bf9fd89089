-- A line whose joins are in a log elsewhere (notes.md). Without `room.url` these tables are empty.

-- Where the log is; one row. Without user and password.
CREATE TABLE line_sources (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  url TEXT NOT NULL,
  since INTEGER NOT NULL
);
-- A program that does not know this table would give places by line_places.
CREATE TRIGGER line_sources_are_known AFTER INSERT ON line_sources BEGIN
  UPDATE meta SET value = max(value, 16) WHERE name = 'schema_needed';
END;

-- The records of the log up to here have been taken. `random_id` is of the last one, zero if there was none.
CREATE TABLE line_marks (
  event_id INTEGER NOT NULL,
  epoch INTEGER NOT NULL CHECK (epoch > 0),
  log_high INTEGER NOT NULL CHECK (log_high >= 0),
  log_low INTEGER NOT NULL CHECK (log_low >= 0),
  random_id BLOB NOT NULL CHECK (length(random_id) = 16),
  last_place INTEGER NOT NULL CHECK (last_place >= 0),  -- the highest place given
  kept_place INTEGER NOT NULL CHECK (kept_place >= 0),  -- of a new epoch: the log had the places up to here
  joined_at INTEGER NOT NULL,  -- of the places since the mark before
  PRIMARY KEY (event_id, epoch, log_high, log_low)
) WITHOUT ROWID;

-- Taken without a place. 0: the user had one, 1: the same record again, 2: not on sale, 3: all are given.
CREATE TABLE line_passed_over (
  event_id INTEGER NOT NULL,
  epoch INTEGER NOT NULL CHECK (epoch > 0),
  log_high INTEGER NOT NULL CHECK (log_high >= 0),
  log_low INTEGER NOT NULL CHECK (log_low >= 0),
  reason INTEGER NOT NULL CHECK (reason BETWEEN 0 AND 3),
  PRIMARY KEY (event_id, epoch, log_high, log_low)
) WITHOUT ROWID;

-- Places given up while waiting. left_by as in line_places.
CREATE TABLE line_leaves (
  event_id INTEGER NOT NULL,
  place INTEGER NOT NULL CHECK (place > 0),
  left_at INTEGER NOT NULL,
  left_by INTEGER NOT NULL CHECK (left_by BETWEEN 0 AND 3),
  PRIMARY KEY (event_id, place)
) WITHOUT ROWID;
