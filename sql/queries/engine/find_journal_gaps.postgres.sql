-- The batches of the journal have numbers without a gap (I-18), and the newest one is kept.
SELECT format('batch %s of the journal follows %s', seq, coalesce(before::TEXT, 'none'))
FROM (SELECT seq, lag(seq) OVER (ORDER BY seq) AS before FROM journal) j
WHERE seq <> before + 1
UNION ALL
SELECT 'the journal is empty'
WHERE NOT EXISTS (SELECT FROM journal)
