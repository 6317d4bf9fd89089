UPDATE meta m
SET value = greatest(m.value, n.value)
FROM UNNEST($names, $values) AS n (name, value)
WHERE m.name = n.name
