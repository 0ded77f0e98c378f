"""The page groups: a file or folder here is one, and holds `GROUP`. See `docs/admin.md`."""
