-- Finds out whether it is still there, and locks it.
UPDATE dates SET hidden = TRUE WHERE id = $id AND first_seat = $first_seat AND hidden
