-- From the last one that was seen on, which comes without its body; what time it is here, in microseconds; and the migration
-- that a program must know to go on.
SELECT seq, writer, CASE WHEN seq > $seen THEN body END, (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT,
       (SELECT value FROM meta WHERE name = 'schema_needed')
FROM journal
WHERE seq >= $seen
ORDER BY seq
LIMIT $limit
