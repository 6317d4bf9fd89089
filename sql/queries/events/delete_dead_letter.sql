-- A row when there was one.
DELETE FROM dead_letters WHERE sink = $sink AND id = $id RETURNING id
