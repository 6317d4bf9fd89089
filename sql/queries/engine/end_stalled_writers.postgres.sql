-- The other sessions that have locked something of the store, and whether they were ended: who has the writer lock, or a person's
-- open transaction. Ends those of our own role for which the server has long been waiting: a stopped process, or one that cannot be
-- reached, which neither sends nor takes what is sent to it. Since when it waits, not since when the transaction is: most of that may
-- have been its own wait for the lock.
SELECT l.pid, coalesce(a.usename::TEXT, ''), coalesce(a.application_name, ''),
       CASE
         WHEN a.usename = current_user AND a.wait_event IN ('ClientRead', 'ClientWrite')
           AND a.state_change < clock_timestamp() - make_interval(secs => $stalled_ms / 1000.0)
         THEN pg_terminate_backend(l.pid)
         ELSE FALSE
       END
FROM (SELECT DISTINCT pid
      FROM pg_locks
      WHERE locktype = 'relation' AND granted AND mode <> 'AccessShareLock' AND pid <> pg_backend_pid()
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND relation IN (SELECT oid FROM pg_class WHERE relnamespace = current_schema()::REGNAMESPACE)) l
LEFT JOIN pg_stat_activity a ON a.pid = l.pid
