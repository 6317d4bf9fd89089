-- Every event that is parked for a sink or given up was an event.
SELECT format('event %s of sink %s (%s, version %s, %s, of %s) never was one', id, sink, key, version, type, created_at)
FROM (SELECT id, sink, key, version, type, payload, created_at FROM parked_events
      UNION ALL SELECT id, sink, key, version, type, payload, created_at FROM dead_letters) kept
WHERE id >= (SELECT value FROM meta WHERE name = 'ids_reserved_to')
   OR created_at > (SELECT value FROM meta WHERE name = 'latest_moment')
   OR version < 1 OR key NOT LIKE '%_/_%' OR type NOT LIKE '%_._%' OR NOT json_valid(payload)
