INSERT INTO key_versions (key, version, updated_at)
VALUES ($key, $version, $updated_at)
ON CONFLICT (key) DO UPDATE SET version = excluded.version, updated_at = excluded.updated_at
