"""Why this reply: where a model looked, how sure it was, and what else it might have said."""
