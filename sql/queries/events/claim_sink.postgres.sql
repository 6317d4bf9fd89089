-- The lease of a sink: a lock of this session. Taken again by the same session it is still its own.
SELECT pg_try_advisory_lock($class::INTEGER, hashtext($sink))
