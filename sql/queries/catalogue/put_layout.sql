INSERT INTO layouts (name, definition) VALUES ($name, $definition)
ON CONFLICT (name) DO UPDATE SET definition = excluded.definition
