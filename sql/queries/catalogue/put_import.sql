INSERT INTO imports (digest, log_id) VALUES ($digest, $log_id)
ON CONFLICT (digest) DO UPDATE SET log_id = excluded.log_id
