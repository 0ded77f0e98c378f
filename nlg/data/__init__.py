"""From dialogue files to batches of numbers."""
