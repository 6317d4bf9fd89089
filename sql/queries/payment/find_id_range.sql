SELECT coalesce((SELECT min(id) FROM payments), 0), coalesce((SELECT max(id) FROM payments), 0)
