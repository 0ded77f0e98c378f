"""What the database knows of versions of models."""
