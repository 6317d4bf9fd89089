SELECT digest, log_id FROM imports ORDER BY digest
