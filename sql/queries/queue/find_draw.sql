SELECT event_id, seed, opens_at, committed_at, beacon_source, beacon, drawn_at, people, digest, algorithm,
       moves
FROM draws
WHERE event_id = $event_id
