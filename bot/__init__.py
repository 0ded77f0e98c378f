"""What is said, remembered and answered: conversations, their store, and who answers."""
