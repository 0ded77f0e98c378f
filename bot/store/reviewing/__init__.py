"""What the team thinks of replies: written, read, put into a queue, and compared."""
