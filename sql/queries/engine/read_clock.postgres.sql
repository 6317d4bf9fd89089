-- What time it is here, in microseconds, and its correction.
SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT,
       (SELECT value FROM meta WHERE name = 'clock_since'),
       (SELECT value FROM meta WHERE name = 'clock_correction'),
       coalesce((SELECT value FROM meta WHERE name = 'clock_percent'), 1)
