SELECT date_id, name FROM sections ORDER BY date_id, position
