WITH known AS (UPDATE meta SET value = greatest(value, 16) WHERE name = 'schema_needed')
INSERT INTO line_sources (id, url, since)
VALUES ($id, $url, $since)
ON CONFLICT (id) DO UPDATE SET url = excluded.url, since = excluded.since
