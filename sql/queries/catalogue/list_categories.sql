SELECT date_id, id, name, price FROM categories ORDER BY date_id, position
