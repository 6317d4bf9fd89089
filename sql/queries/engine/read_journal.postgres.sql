-- From the last one that was seen on, which comes without its body; the migration that a program must know to go on; what time it
-- is here, in microseconds, and its correction.
SELECT seq, writer, CASE WHEN seq > $seen THEN body END,
       (SELECT value FROM meta WHERE name = 'schema_needed'),
       (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT,
       (SELECT value FROM meta WHERE name = 'clock_since'),
       (SELECT value FROM meta WHERE name = 'clock_correction'),
       coalesce((SELECT value FROM meta WHERE name = 'clock_percent'), 1)
FROM journal
WHERE seq >= $seen
ORDER BY seq
LIMIT $limit
