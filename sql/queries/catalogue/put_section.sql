INSERT INTO sections (date_id, position, name) VALUES ($date_id, $position, $name)
ON CONFLICT (date_id, position) DO UPDATE SET name = excluded.name
