-- What fans are told of their wait: pauses, moved openings, why a turn ended (notes.md).

-- Since when the room is paused, and what its fans are told. NULL and '' while it is not.
ALTER TABLE events ADD COLUMN paused_since INTEGER;
ALTER TABLE events ADD COLUMN paused_text TEXT NOT NULL DEFAULT '';

-- Version of the algorithm, and each move of the opening: [{"at": …, "from": …, "to": …}, …].
ALTER TABLE draws ADD COLUMN algorithm INTEGER NOT NULL DEFAULT 1;
ALTER TABLE draws ADD COLUMN moves TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(moves));

-- Why it ended before its time: 0 it did not, 1 paid, 2 left, 3 emptied.
ALTER TABLE visits ADD COLUMN ended_by INTEGER NOT NULL DEFAULT 0 CHECK (ended_by BETWEEN 0 AND 3);
ALTER TABLE line_places ADD COLUMN left_by INTEGER NOT NULL DEFAULT 0 CHECK (left_by BETWEEN 0 AND 3);

-- NULL: the user has priority.
ALTER TABLE priority_users ADD COLUMN taken_back_at INTEGER;
