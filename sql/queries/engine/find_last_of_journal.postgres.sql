SELECT seq, writer FROM journal ORDER BY seq DESC LIMIT 1
