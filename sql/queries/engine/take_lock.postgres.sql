-- The lock of whoever writes. A statement of its own: its snapshot is from before the wait, that of the next one is not.
SELECT pg_advisory_xact_lock($key)
