-- The writer lock of programs before migration 0008.
SELECT pg_advisory_xact_lock($key)
