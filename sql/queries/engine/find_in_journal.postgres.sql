SELECT writer FROM journal WHERE seq = $seq
