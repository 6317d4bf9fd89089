UPDATE parked_events SET attempts = $attempts, next_at = $next_at, reason = $reason WHERE sink = $sink AND id = $id
