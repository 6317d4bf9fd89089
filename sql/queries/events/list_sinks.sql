SELECT sink FROM event_sinks ORDER BY sink
