SELECT ticket_secret FROM store
