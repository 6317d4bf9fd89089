-- Whether every role of the server may connect to this database.
SELECT has_database_privilege('public', current_database(), 'CONNECT')
