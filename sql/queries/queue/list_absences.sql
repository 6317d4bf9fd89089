SELECT event_id, block, bits
FROM line_absences
ORDER BY event_id, block
