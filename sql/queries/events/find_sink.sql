SELECT accepted FROM event_sinks WHERE sink = $sink
