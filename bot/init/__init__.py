"""What `palaver init` does: ask for facts and tokens, check them, and write `palaver.toml` and `.env`."""
