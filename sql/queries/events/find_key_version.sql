SELECT key, version, updated_at FROM key_versions WHERE key = $key
