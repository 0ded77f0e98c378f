"""Chat platforms: one file or folder each. Its name is the name used in settings; nothing is registered elsewhere."""
