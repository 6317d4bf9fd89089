INSERT INTO categories (id, date_id, position, name, price) VALUES ($id, $date_id, $position, $name, $price)
ON CONFLICT (id) DO UPDATE SET position = excluded.position, name = excluded.name, price = excluded.price
