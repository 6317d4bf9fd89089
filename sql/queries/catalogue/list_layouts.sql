SELECT name, definition FROM layouts ORDER BY name
