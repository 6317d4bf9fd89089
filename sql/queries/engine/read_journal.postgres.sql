-- From the last one that was seen on, which comes without its body; and what time it is here, in microseconds.
SELECT seq, writer, CASE WHEN seq > $seen THEN body END, (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT
FROM journal
WHERE seq >= $seen
ORDER BY seq
LIMIT $limit
