-- Ends the session that holds the writers' lock, when the server has long been waiting for its client: a stopped process, or one
-- that cannot be reached, which neither sends nor takes what is sent to it. Since when it waits, not since when the transaction is:
-- most of that may have been its own wait for the lock.
SELECT pg_terminate_backend(a.pid)
FROM pg_locks l
JOIN pg_stat_activity a ON a.pid = l.pid
JOIN pg_database d ON d.oid = l.database
WHERE l.locktype = 'advisory' AND l.granted AND l.classid = ($key >> 32)::OID AND l.objid = ($key & 4294967295)::OID
  AND d.datname = current_database() AND a.wait_event IN ('ClientRead', 'ClientWrite')
  AND a.state_change < clock_timestamp() - make_interval(secs => $stalled_ms / 1000.0)
