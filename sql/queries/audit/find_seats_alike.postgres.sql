-- A seat's number is unique in its date, and its section and category are the date's.
SELECT format('date %s has seat number %s twice: seats %s', date_id, number, string_agg(id::TEXT, ', ' ORDER BY id))
FROM seats
GROUP BY date_id, number
HAVING count(*) > 1
UNION ALL
SELECT format('seat %s has section %s and category %s, which date %s has not', s.id, s.section, s.category, s.date_id)
FROM seats s
LEFT JOIN sections p ON p.date_id = s.date_id AND p.position = s.section
LEFT JOIN categories c ON c.date_id = s.date_id AND c.position = s.category
WHERE p.name IS NULL OR c.id IS NULL
