-- A row when the sink was where it was expected, none when it was not. A sink without a row stands at 0.
INSERT INTO event_sinks (sink, accepted)
SELECT $sink, $next WHERE $expected = 0 OR EXISTS (SELECT 1 FROM event_sinks WHERE sink = $sink)
ON CONFLICT (sink) DO UPDATE SET accepted = excluded.accepted WHERE event_sinks.accepted = $expected
RETURNING accepted
