SELECT event_id, block, bits
FROM line_absences
WHERE event_id = $event_id
ORDER BY block
