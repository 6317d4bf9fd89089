SELECT key, count(*) FROM parked_events WHERE sink = $sink GROUP BY key
