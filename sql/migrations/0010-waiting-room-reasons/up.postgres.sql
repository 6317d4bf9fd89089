-- What fans are told of their wait: pauses, moved openings, why a turn ended. As up.sql.

ALTER TABLE events ADD COLUMN paused_since BIGINT;
ALTER TABLE events ADD COLUMN paused_text TEXT NOT NULL DEFAULT '';

ALTER TABLE draws ADD COLUMN algorithm INTEGER NOT NULL DEFAULT 1;
ALTER TABLE draws ADD COLUMN moves TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(moves));

ALTER TABLE visits ADD COLUMN ended_by SMALLINT NOT NULL DEFAULT 0 CHECK (ended_by BETWEEN 0 AND 3);
ALTER TABLE line_places ADD COLUMN left_by SMALLINT NOT NULL DEFAULT 0 CHECK (left_by BETWEEN 0 AND 3);

ALTER TABLE priority_users ADD COLUMN taken_back_at BIGINT;
