-- The writer lock. A statement of its own: its snapshot is from before the wait, that of the next one is not.
LOCK TABLE writers IN EXCLUSIVE MODE
