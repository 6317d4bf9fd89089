-- The operators' log has every row that was ever written to it.
SELECT format('operator_log has %s rows; %s were written', (SELECT count(*) FROM operator_log),
              coalesce(CAST((SELECT value FROM meta WHERE name = 'log_rows') AS TEXT), 'an unknown number'))
WHERE (SELECT count(*) FROM operator_log) IS DISTINCT FROM (SELECT value FROM meta WHERE name = 'log_rows')
