-- A row when there was one.
DELETE FROM parked_events WHERE sink = $sink AND id = $id RETURNING id
