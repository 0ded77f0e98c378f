"""The database: the only truth, and the queue. One file a step of a message's way; queries live here only."""
