-- Takes the lease of a sink for this session: a row when it is ours, none while the session that has it lives. The lease is looked at
-- first, so that a try that fails writes nothing.
INSERT INTO sink_leases AS l (sink, pid, session_begin)
SELECT $sink, me.pid, me.backend_start
FROM pg_stat_get_activity(pg_backend_pid()) me
WHERE (SELECT count(*)
       FROM sink_leases held
       CROSS JOIN LATERAL pg_stat_get_activity(held.pid) a
       WHERE held.sink = $sink AND a.backend_start = held.session_begin AND a.pid <> pg_backend_pid()) = 0
ON CONFLICT (sink) DO UPDATE
SET pid = excluded.pid, session_begin = excluded.session_begin
WHERE NOT EXISTS (SELECT FROM pg_stat_get_activity(l.pid) a
                  WHERE a.backend_start = l.session_begin AND a.pid <> pg_backend_pid())
RETURNING sink
