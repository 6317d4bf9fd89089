-- A line whose joins are in a log elsewhere. As up.sql.

-- Where the log is; one row. Without user and password.
CREATE TABLE line_sources (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  url TEXT NOT NULL,
  since BIGINT NOT NULL
);

-- The records of the log up to here have been taken. `random_id` is of the last one, zero if there was none.
CREATE TABLE line_marks (
  event_id BIGINT NOT NULL,
  epoch BIGINT NOT NULL CHECK (epoch > 0),
  log_high BIGINT NOT NULL CHECK (log_high >= 0),
  log_low BIGINT NOT NULL CHECK (log_low >= 0),
  random_id UUID NOT NULL,
  last_place BIGINT NOT NULL CHECK (last_place >= 0),  -- the highest place given
  kept_place BIGINT NOT NULL CHECK (kept_place >= 0),  -- of a new epoch: the log had the places up to here
  joined_at BIGINT NOT NULL,  -- of the places since the mark before
  PRIMARY KEY (event_id, epoch, log_high, log_low)
);

-- Taken without a place. 0: the user had one, 1: the same record again, 2: not on sale, 3: all are given.
CREATE TABLE line_passed_over (
  event_id BIGINT NOT NULL,
  epoch BIGINT NOT NULL CHECK (epoch > 0),
  log_high BIGINT NOT NULL CHECK (log_high >= 0),
  log_low BIGINT NOT NULL CHECK (log_low >= 0),
  reason BIGINT NOT NULL CHECK (reason BETWEEN 0 AND 3),
  PRIMARY KEY (event_id, epoch, log_high, log_low)
);

-- Places given up while waiting. left_by as in line_places.
CREATE TABLE line_leaves (
  event_id BIGINT NOT NULL,
  place BIGINT NOT NULL CHECK (place > 0),
  left_at BIGINT NOT NULL,
  left_by BIGINT NOT NULL CHECK (left_by BETWEEN 0 AND 3),
  PRIMARY KEY (event_id, place)
);
