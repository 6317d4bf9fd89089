-- For each CHECK and each reference of the schema: what it would mean to find rows, and the query that counts them.
SELECT format('CHECK constraint failed in %s: %s', conrelid::REGCLASS, conname),
       format('SELECT count(*) FROM %s WHERE NOT (%s)', conrelid::REGCLASS, pg_get_expr(conbin, conrelid))
FROM pg_constraint
WHERE contype = 'c' AND connamespace = current_schema()::REGNAMESPACE
UNION ALL
SELECT format('a row of %s refers to a row of %s that is not there', conrelid::REGCLASS, confrelid::REGCLASS),
       format('SELECT count(*) FROM %s c WHERE c.%I IS NOT NULL AND NOT EXISTS (SELECT FROM %s p WHERE p.%I = c.%I)',
              conrelid::REGCLASS, child.attname, confrelid::REGCLASS, parent.attname, child.attname)
FROM pg_constraint
JOIN pg_attribute child ON child.attrelid = conrelid AND child.attnum = conkey[1]
JOIN pg_attribute parent ON parent.attrelid = confrelid AND parent.attnum = confkey[1]
WHERE contype = 'f' AND connamespace = current_schema()::REGNAMESPACE
ORDER BY 1
