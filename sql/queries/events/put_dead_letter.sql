INSERT INTO dead_letters (sink, id, key, version, type, payload, created_at, attempts, parked_at, died_at, reason)
VALUES ($sink, $id, $key, $version, $type, $payload, $created_at, $attempts, $parked_at, $next_at, $reason)
ON CONFLICT (sink, id) DO UPDATE
SET attempts = excluded.attempts, parked_at = excluded.parked_at, died_at = excluded.died_at, reason = excluded.reason
