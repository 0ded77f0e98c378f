"""Model families: one file each, found by its name."""
