DELETE FROM parked_events WHERE sink = $sink AND id = $id
