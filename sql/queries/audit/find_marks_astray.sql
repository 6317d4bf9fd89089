-- The store has its id and each of its marks, and none is beyond what its rows allow.
SELECT format('the mark %s is not there', n.name)
FROM (SELECT 'ids_reserved_to' AS name UNION ALL SELECT 'latest_moment' UNION ALL SELECT 'outbox_forgotten_until'
      UNION ALL SELECT 'schema_needed') n
LEFT JOIN meta m ON m.name = n.name
WHERE m.name IS NULL
UNION ALL
SELECT format('the mark %s is %s', m.name, m.value)
FROM meta m
WHERE (m.name = 'ids_reserved_to' AND m.value NOT BETWEEN 1 AND 9007199254740992)
   OR (m.name = 'outbox_forgotten_until' AND m.value > (SELECT value + 1 FROM meta WHERE name = 'latest_moment'))
   OR (m.name = 'schema_needed' AND m.value NOT BETWEEN 1 AND (SELECT max(number) FROM migrations))
UNION ALL
SELECT format('the store has %s ids', count(*)) FROM store HAVING count(*) <> 1
