-- Ends the session that holds the writers' lock, when it has had it for long and the server waits for its client: a stopped
-- process, or one that cannot be reached.
SELECT pg_terminate_backend(a.pid)
FROM pg_locks l
JOIN pg_stat_activity a ON a.pid = l.pid
JOIN pg_database d ON d.oid = l.database
WHERE l.locktype = 'advisory' AND l.granted AND l.classid = ($key >> 32)::OID AND l.objid = ($key & 4294967295)::OID
  AND d.datname = current_database() AND a.wait_event = 'ClientRead'
  AND a.xact_start < clock_timestamp() - make_interval(secs => $stalled_ms / 1000.0)
